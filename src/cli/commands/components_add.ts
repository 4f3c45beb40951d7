/** `osiris components add DIR|FILE|URL`. */

import { statSync } from "node:fs";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import type { ComponentPackage, Lock } from "../../component/mod.ts";
import { OsirisError } from "../../diagnostic.ts";
import { counted } from "../../amounts.ts";
import type { Cli } from "../_cli.ts";
import { declare } from "../_declare.ts";
import { printable } from "../../printable.ts";
import { componentsFolder, projectOf, shownPath } from "../_project.ts";
import { readNamedFile } from "../_read.ts";

export const componentsAdd = declare({
  name: "components add",
  summary: "add a component that somebody else made",
  details: [
    "SOURCE is a folder, a .tar.gz of one, or the https address of such a file. Osiris shows what the component may touch and asks; a yes copies it into the project's components/ and records in osiris.lock where it came from, the hash of its files and its permissions.",
    "Of a component that was added before, the difference is shown: what it asks for beyond what was allowed, what no longer, which files changed.",
    "A signature that its author put beside it (SHA256SUMS.sig) has to hold. A project with a file osiris_signers takes only what a key in that file signed.",
    "A redirect is not followed: the address is what you trust. Nothing of the component is run.",
  ],
  arguments: {
    source: { value: "DIR|FILE|URL", summary: "a component's folder, package or address", kind: "file" },
  },
  flags: { yes: { summary: "allow it without a question: for scripts that mean it", short: "y" } },
  document: {
    component: "its name",
    version: "its version",
    folder: "where it lies now",
    source: "where it came from, as osiris.lock says it",
    signed_by: "the fingerprint of the key that signed it, when it is signed",
    files: "the hashes of its spec and its driver",
    permissions: "what was allowed, as templates",
    left_out: "what was there and does not belong to a component",
    changed: "whether anything was",
  },
  examples: [
    {
      line: "osiris components add ../acme.rates_extractor --yes",
      about: "From a folder beside the project.",
    },
  ],
  async run({ source, yes }, cli) {
    const { demandLock } = await import("../_components.ts");
    const { settle } = await import("../_consent.ts");
    const { install } = await import("../_install.ts");
    const { demandAdmission, LOCK_FILE, lockProblem } = await import("../../component/mod.ts");
    const project = projectOf(cli);
    const lock = demandLock(cli, project);
    const shown = await shownSource(source);
    const { found, from } = await named(shown, () => read(cli, source, project.root));
    const { spec, files, signedBy, leftOut } = found;
    const attempt = `Cannot add '${spec.name}'`;
    const folder = join(componentsFolder(project), spec.name);
    const same = await demandFreeName(found, folder, lock);
    await named(shown, () => demandAdmission(found));
    const entry = { spec, files, ...(signedBy === undefined ? {} : { signedBy }) };
    const problem = lockProblem(lock, entry);
    const document = {
      component: spec.name,
      version: spec.version,
      folder,
      source: from,
      ...(signedBy === undefined ? {} : { signed_by: signedBy }),
      files,
      permissions: spec.permissions,
      left_out: leftOut,
      changed: !same || problem !== undefined,
    };
    if (same && problem === undefined) {
      return { document, note: `'${spec.name}' ${spec.version} is there and allowed; nothing was changed\n` };
    }
    const questions = problem ? [{ entry, problem, source: from, steps: [] }] : [];
    const command = `osiris components add ${printable(source)}`;
    await settle(cli, project, questions, { yes, attempt, command }, async () => {
      await install(componentsFolder(project), found);
    });
    if (problem === undefined) await install(componentsFolder(project), found);
    const left = leftOut.length === 0 ? "" : ` (${counted(leftOut.length, "other file")} left out)`;
    return {
      document,
      note:
        `Added '${spec.name}' ${spec.version} in ${
          printable(shownPath(folder, cli.cwd))
        }${left}, allowed in ${LOCK_FILE}\n` +
        `From ${printable(from)}\n`,
    };
  },
});

/** The component that was named, and where it came from as the lock will say it. */
async function read(
  cli: Cli,
  typed: string,
  root: string,
): Promise<{ found: ComponentPackage; from: string }> {
  const { packageHash, readComponentFolder, readComponentPackage } = await import("../../component/mod.ts");
  const { fetchPackage, isAddress } = await import("../_fetch_package.ts");
  const hashed = (name: string, bytes: Uint8Array) => `${name}#sha256=${packageHash(bytes)}`;
  if (isAddress(typed)) {
    const { bytes, shown } = await fetchPackage(typed, cli.interruption.signal);
    return { found: await readComponentPackage(bytes), from: hashed(shown, bytes) };
  }
  const path = resolve(cli.cwd, typed);
  const from = nameFor(typed, path, root);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    return { found: await readComponentFolder(path), from };
  }
  const bytes = await readNamedFile(cli, typed);
  return { found: await readComponentPackage(bytes), from: hashed(from, bytes) };
}

/** Errors about a package say which one it is. */
async function named<T>(source: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof OsirisError)) throw error;
    const { code, message, category, help, diagnostics } = error;
    const about = message.replace(/^Cannot take the component:/, `Cannot take the component of '${source}':`);
    throw new OsirisError(code, about, { category, help, diagnostics });
  }
}

/** What was typed, as it may be shown: an address without what may be secret in it. */
async function shownSource(typed: string): Promise<string> {
  const { isAddress, shownAddress } = await import("../_fetch_package.ts");
  const address = isAddress(typed) ? URL.parse(typed) : null;
  return address === null ? printable(typed) : shownAddress(address);
}

/** A path that means the same to others who have the project; of one elsewhere on this machine the last name. */
function nameFor(typed: string, path: string, root: string): string {
  const below = relative(root, path);
  const within = below !== "" && !below.startsWith("..") && !isAbsolute(below);
  const name = within ? below : isAbsolute(typed) ? path.split(sep).at(-1)! : typed;
  return name.split(sep).join("/");
}

/** Whether the very same component is there already. Throws when another one has its name. */
async function demandFreeName(
  { spec, files }: ComponentPackage,
  folder: string,
  lock: Lock,
): Promise<boolean> {
  const { loadCatalog, readComponentFolder } = await import("../../component/mod.ts");
  const { name } = spec;
  if ((await loadCatalog()).get(name)) {
    throw taken(name, "Osiris itself has a component of that name", "its author has to give it another name");
  }
  if (statSync(folder, { throwIfNoEntry: false }) === undefined) return false;
  const here = await readComponentFolder(folder).catch(() => undefined);
  const isHere = (wanted: ComponentPackage["files"]) =>
    here !== undefined && here.spec.name === name && sameFiles(here.files, wanted);
  if (isHere(files)) return true;
  const locked = Object.hasOwn(lock.components, name) ? lock.components[name] : undefined;
  if (locked && isHere(locked.files)) return false;
  throw taken(
    name,
    `components/${name} is there already, and ${
      locked ? "it was changed since it was allowed" : "osiris.lock does not know it"
    }`,
    "move that folder away, or allow what is in it with 'osiris components lock'",
  );
}

function sameFiles(some: ComponentPackage["files"], others: ComponentPackage["files"]): boolean {
  const names = Object.keys(some);
  return names.length === Object.keys(others).length && names.every((name) => some[name] === others[name]);
}

function taken(name: string, why: string, help: string): OsirisError {
  return new OsirisError("DRV413", `Cannot add '${name}': ${why}`, { category: "usage", help });
}

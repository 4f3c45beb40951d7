/**
 * The files of a component that somebody else made, read from a folder or from a `.tar.gz`, before
 * anything of them is trusted or written anywhere.
 *
 * What must stay true: nothing is unpacked to the disk here; what comes out is a short list of plain
 * names with their bytes, each of a kind that a component has; an archive that tries anything else
 * (links, devices, paths that lead out, two entries for one name, a bomb) is refused by name, whole.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { lstat, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { OsirisError } from "../diagnostic.ts";
import { readSpec } from "./_check_spec.ts";
import { fileHashes, type SourceFile } from "./_hash.ts";
import { SEAL_FILE, sealedBy, SUMS_FILE } from "./_seal.ts";
import type { ComponentSpec } from "./spec.ts";

/** The most bytes of a package as it is sent. */
export const LARGEST_PACKAGE = 5_000_000;

/** The most bytes of what is in it. */
const LARGEST_CONTENT = 20_000_000;

const MOST_ENTRIES = 2000;
const LONGEST_NAME = 200;

/** A component that was read and is not installed. */
export interface ComponentPackage {
  readonly spec: ComponentSpec;
  /** What belongs to it, sorted: `spec.yaml`, the driver, and what comes along for people. */
  readonly content: readonly SourceFile[];
  /** The hashes of the files that the lock pins: the spec and the driver. */
  readonly files: Readonly<Record<string, string>>;
  /** The fingerprint of the key whose signature of all content was checked; absent when it is not signed. */
  readonly signedBy?: string;
  /** Names of what was there and does not belong to a component. */
  readonly leftOut: readonly string[];
}

/** Reads a component from its folder. */
export async function readComponentFolder(folder: string): Promise<ComponentPackage> {
  const found: SourceFile[] = [];
  const leftOut: string[] = [];
  const walk = async (under: string): Promise<void> => {
    for (const name of (await readdir(join(folder, under))).sort()) {
      const path = under === "" ? name : `${under}/${name}`;
      const info = await lstat(join(folder, path));
      const kept = path === "examples" ? !info.isFile() : info.isDirectory() ? under !== "" : belongs(path);
      if (!kept) leftOut.push(path);
      else if (info.isDirectory()) await walk(path);
      else if (info.isFile()) {
        found.push({ path, bytes: await readWithin(join(folder, path), path, info.size) });
      } else throw refused(`'${shown(path)}' is ${info.isSymbolicLink() ? "a link" : "no plain file"}`);
      if (found.length + leftOut.length > MOST_ENTRIES) {
        throw refused(`it has more than ${MOST_ENTRIES} entries`);
      }
    }
  };
  await walk("");
  return await componentOf(found, leftOut);
}

async function readWithin(file: string, path: string, size: number): Promise<Uint8Array> {
  if (size > LARGEST_CONTENT) {
    throw refused(`'${shown(path)}' has ${size} bytes, and at most ${LARGEST_CONTENT} are taken`);
  }
  return await readFile(file);
}

/** Reads a component from the bytes of a `.tar.gz`; one folder around it, as npm and GitHub make it, is taken away. */
export async function readComponentPackage(bytes: Uint8Array): Promise<ComponentPackage> {
  if (bytes.length > LARGEST_PACKAGE) {
    throw refused(`it has ${bytes.length} bytes, and at most ${LARGEST_PACKAGE} are taken`);
  }
  const entries = await entriesOf(await inflated(bytes));
  const root = rootOf(entries);
  const within = entries.filter(({ path }) => path.startsWith(root));
  const named = within.map(({ path, bytes }) => ({ path: path.slice(root.length), bytes }));
  const others = entries.filter((entry) => !within.includes(entry)).map(({ path }) => path);
  return await componentOf(
    named.filter(({ path }) => belongs(path)),
    [...others, ...named.map(({ path }) => path).filter((path) => !belongs(path))],
  );
}

/** Throws what keeps the code of a package from ever being loaded; nothing of it is run. */
export async function demandAdmission({ spec, content }: ComponentPackage): Promise<void> {
  const { admit } = await import("./admission/admit.ts"); // the library that reads code is loaded by who needs it
  const driver = content.find(({ path }) => isDriver(path))!;
  const net = (spec.permissions.net ?? []).length > 0;
  const { value, diagnostics } = await admit(driver.bytes, driver.path, { net });
  if (value !== undefined) return;
  throw new OsirisError("DRV412", `Cannot take the component: its ${driver.path} would not be admitted`, {
    category: "usage",
    diagnostics,
  });
}

/** sha256 of a package's very bytes, as hex. */
export function packageHash(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Whether a path is one that a component has. */
function belongs(path: string): boolean {
  return path === "spec.yaml" || isDriver(path) || path === SUMS_FILE || path === SEAL_FILE ||
    /^(README|LICEN[CS]E)(\.[a-z]+)?$/i.test(path) ||
    /^[^/]+_test\.ts$/.test(path) || path.startsWith("examples/");
}

function isDriver(path: string): boolean {
  return path === "driver.ts" || path === "driver.js";
}

async function componentOf(
  content: readonly SourceFile[],
  leftOut: readonly string[],
): Promise<ComponentPackage> {
  const sorted = [...content].sort((a, b) => (a.path < b.path ? -1 : 1));
  const total = sorted.reduce((sum, { bytes }) => sum + bytes.length, 0);
  if (total > LARGEST_CONTENT) {
    throw refused(`its files have ${total} bytes, and at most ${LARGEST_CONTENT} are taken`);
  }
  const text = sorted.find(({ path }) => path === "spec.yaml");
  if (text === undefined) throw refused("it has no spec.yaml, which says what a component is");
  const drivers = sorted.filter(({ path }) => isDriver(path));
  if (drivers.length === 0) {
    throw refused("it has neither driver.ts nor driver.js, and should have one of them");
  }
  if (drivers.length > 1) throw refused("it has both driver.ts and driver.js, and should have one of them");
  const { value: spec, diagnostics } = readSpec(new TextDecoder().decode(text.bytes), "spec.yaml");
  if (spec === undefined) {
    throw new OsirisError("DRV412", "Cannot take the component: its spec.yaml is not valid", {
      category: "usage",
      diagnostics,
      help: diagnostics[0]?.message,
    });
  }
  const signedBy = await sealedBy(spec.name, sorted);
  return {
    spec,
    content: sorted,
    files: fileHashes([text, ...drivers]),
    ...(signedBy === undefined ? {} : { signedBy }),
    leftOut: [...leftOut].sort(),
  };
}

async function inflated(bytes: Uint8Array): Promise<Uint8Array> {
  const { gunzip } = await import("node:zlib"); // only who unpacks a package pays for what it takes
  try {
    return await promisify(gunzip)(bytes, { maxOutputLength: LARGEST_CONTENT + 1_000_000 });
  } catch (error) {
    const why = (error as { code?: string }).code === "ERR_BUFFER_TOO_LARGE"
      ? `unpacked it is larger than ${LARGEST_CONTENT} bytes, the most that is taken`
      : "it is not a whole .tar.gz";
    throw refused(why);
  }
}

/** The plain files of an archive. Whatever is no plain file in a plain place is refused. */
async function entriesOf(archive: Uint8Array): Promise<SourceFile[]> {
  const { unpackTar } = await import("modern-tar");
  const unpacked = await unpackTar(archive, { strict: true }).catch((error) => {
    throw refused(
      `it is not a whole .tar.gz (${error instanceof Error ? error.message.replace(/\.$/, "") : error})`,
    );
  });
  if (unpacked.length > MOST_ENTRIES) throw refused(`it has more than ${MOST_ENTRIES} entries`);
  const seen = new Map<string, string>();
  const folders = new Set<string>();
  const files: SourceFile[] = [];
  for (const { header: { name, type = "file" }, data } of unpacked) {
    const path = name.replace(/^(\.\/)+/, "").replace(/\/$/, "");
    if (type === "pax-global-header" || (type === "directory" && (path === "" || path === "."))) continue;
    if (type !== "file" && type !== "directory") {
      throw refused(`'${shown(name)}' is ${KIND[type] ?? "no plain file"}`);
    }
    demandPlainPath(path, name);
    const folded = path.normalize("NFC").toLowerCase();
    const before = seen.get(folded);
    if (before !== undefined && !(type === "directory" && folders.has(path))) {
      throw refused(
        before === path
          ? `'${shown(path)}' is in it twice`
          : `'${shown(path)}' and '${shown(before)}' are one name on some systems`,
      );
    }
    seen.set(folded, path);
    if (type === "directory") folders.add(path);
    if (type === "file") files.push({ path, bytes: data ?? new Uint8Array() });
  }
  demandNoFileAsFolder(files);
  return files;
}

const KIND: { readonly [type: string]: string } = {
  link: "a hard link",
  symlink: "a link",
  "character-device": "a device",
  "block-device": "a device",
  fifo: "a pipe",
};

function demandPlainPath(path: string, name: string): void {
  // deno-lint-ignore no-control-regex
  const why = /[\x00-\x1f\x7f]/.test(path)
    ? "has a control character in its name"
    : /^[/\\]|^[A-Za-z]:/.test(path)
    ? "is an absolute path"
    : path.split(/[/\\]/).includes("..")
    ? "leads out of the package"
    : path.includes("\\")
    ? "has a backslash in its name"
    : path.split("/").some((part) => part === "" || part === ".")
    ? "is not a plain path"
    : path.length > LONGEST_NAME
    ? `has a name longer than ${LONGEST_NAME} characters`
    : undefined;
  if (why !== undefined) throw refused(`'${shown(name)}' ${why}`);
}

/** One entry may not be a file and the folder of another. */
function demandNoFileAsFolder(files: readonly SourceFile[]): void {
  const paths = new Set(files.map(({ path }) => path));
  for (const path of paths) {
    const parts = path.split("/");
    const file = parts.slice(1).map((_, i) => parts.slice(0, i + 1).join("/")).find((above) =>
      paths.has(above)
    );
    if (file !== undefined) throw refused(`'${shown(file)}' is a file and a folder`);
  }
}

/** The folder, with its slash, that holds the only `spec.yaml`; empty for the top. */
function rootOf(entries: readonly SourceFile[]): string {
  const specs = entries.map(({ path }) => path).filter((path) => /^([^/]+\/)?spec\.yaml$/.test(path));
  if (specs.length > 1) {
    throw refused(
      `it has more than one spec.yaml (${specs.map(shown).join(", ")}), and one component is taken at a time`,
    );
  }
  return (specs[0] ?? "").replace(/spec\.yaml$/, "");
}

/** A name from an archive, fit for one line of a message. */
function shown(name: string): string {
  const short = name.length > 80 ? `${name.slice(0, 79)}…` : name;
  return short.replace(/\p{Cc}/gu, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

function refused(why: string): OsirisError {
  return new OsirisError("DRV412", `Cannot take the component: ${why}`, {
    category: "usage",
    help:
      "a component is a folder, or a .tar.gz of it, with spec.yaml, driver.ts or driver.js, and beside them only README, LICENSE, SHA256SUMS with its signature, tests and examples",
  });
}

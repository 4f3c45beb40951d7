/** `osiris components lock`. */

import { OsirisError } from "../../diagnostic.ts";
import { counted } from "../../amounts.ts";
import { declare } from "../_declare.ts";
import { projectOf } from "../_project.ts";

export const componentsLock = declare({
  name: "components lock",
  summary: "allow the components in components/, and record that in osiris.lock",
  details: [
    "Shows each component that is new or not as it was allowed, and asks. What osiris.lock has and components/ does not is taken out of it.",
  ],
  arguments: {},
  flags: {
    check: { summary: "change nothing: exit with 4 when osiris.lock and components/ differ" },
    yes: {
      summary: "allow everything in components/ without a question: for scripts that mean it",
      short: "y",
    },
  },
  document: {
    lock: "the path of osiris.lock",
    components: "name and version of each that is allowed",
    allowed: "those that were allowed now",
    removed: "those that the lock no longer has",
  },
  examples: [
    { line: "osiris components lock", about: "Asks about what is new." },
    { line: "osiris components lock --check", about: "For a build machine." },
  ],
  async run({ check, yes }, cli) {
    const { demandLock, outsiders, projectCatalog, writeLock } = await import("../_components.ts");
    const { lockCommand, lockDifferences, settle, sourceInProject } = await import("../_consent.ts");
    const { LOCK_FILE, lockProblem, withComponent } = await import("../../component/mod.ts");
    const { join } = await import("node:path");
    const project = projectOf(cli);
    const catalog = await projectCatalog(project);
    const [broken] = catalog.broken();
    if (broken) throw broken.error;
    const entries = outsiders(catalog);
    const lock = demandLock(cli, project);
    const attempt = `Cannot bring ${LOCK_FILE} in line with components/`;
    const components = entries.map(({ spec: { name, version } }) => ({ name, version }));
    const document = { lock: join(project.root, LOCK_FILE), components, allowed: [], removed: [] };
    if (check) {
      const differences = lockDifferences(catalog, lock);
      if (differences.length > 0) throw differing(differences, lockCommand(cli));
      return {
        document,
        note: `${LOCK_FILE} and components/ say the same (${counted(entries.length, "component")})\n`,
      };
    }
    const questions = entries.flatMap((entry) => {
      const problem = lockProblem(lock, entry);
      return problem ? [{ entry, problem, source: sourceInProject(entry.spec.name), steps: [] }] : [];
    });
    await settle(cli, project, questions, { yes, attempt, command: lockCommand(cli) });
    const here = new Set(entries.map(({ spec }) => spec.name));
    const removed = Object.keys(lock.components).filter((name) => !here.has(name)).sort();
    if (removed.length > 0) {
      const rest = removed.reduce(
        (left, name) => withComponent(left, name, undefined),
        demandLock(cli, project),
      );
      await writeLock(project, rest);
    }
    const allowed = questions.map(({ entry }) => entry.spec.name);
    const changes = [
      ...(allowed.length === 0 ? [] : [`allowed ${allowed.join(", ")}`]),
      ...(removed.length === 0 ? [] : [`took out ${removed.join(", ")}`]),
    ];
    return {
      document: { ...document, allowed, removed },
      note: `${LOCK_FILE}: ${changes.join("; ") || "nothing to change"} (${
        counted(entries.length, "component")
      })\n`,
    };
  },
});

function differing(differences: readonly string[], command: string): OsirisError {
  return new OsirisError(
    "DRV410",
    `Cannot rely on osiris.lock: components/ is not as it says: ${differences.join("; ")}`,
    { category: "permission", help: `look at each, and allow it, with '${command}'` },
  );
}

/** `osiris components permissions [NAME]`. */

import { isAbsolute } from "node:path";
import { stringify } from "yaml";
import { count, counted } from "../../amounts.ts";
import type { Cli } from "../_cli.ts";
import type { ComponentUse, Tally, TemplateUse } from "../_component_use.ts";
import { declare } from "../_declare.ts";
import { wholeNumber } from "../_flags.ts";
import { printable } from "../../printable.ts";
import { projectOf, shownPath } from "../_project.ts";
import { table } from "../_table.ts";
import { wrapped } from "../_wrap.ts";
import { unknownComponent } from "./components_show.ts";

/** How many runs are looked at when nobody says. */
const RUNS = 200;

export const componentsPermissions = declare({
  name: "components permissions",
  summary: "show what components declare, were granted and used in past runs",
  details: [
    "Without NAME: the components that past runs used and those that came to the project from outside. A declaration that no run used can be left out of the component's spec.yaml; the tighter one is printed.",
  ],
  arguments: { name: { value: "NAME", summary: "one component", optional: true } },
  flags: {
    sessions: { value: "N", summary: `how many runs to look at, the newest first (default ${RUNS}; 0: all)` },
  },
  document: {
    runs: "looked_at, total, and without_record: those of looked_at that do not say what was used",
    components:
      "of each: name, version, origin, declared, runs, steps, templates, granted, used, refused, never_used, and tighter where the declaration is wider than any use",
  },
  examples: [
    { line: "osiris components permissions", about: "What the drivers of past runs touched." },
    {
      line: "osiris components permissions filesystem.csv_extractor --sessions 20",
      about: "One component in the last twenty runs.",
    },
  ],
  async run({ name, sessions }, cli) {
    const { outsiders, projectCatalog } = await import("../_components.ts");
    const { sessionUses } = await import("../../session/mod.ts");
    const { componentsOf, componentUses } = await import("../_component_use.ts");
    const project = projectOf(cli);
    const most = sessions === undefined ? RUNS : wholeNumber("--sessions", sessions);
    const catalog = await projectCatalog(project);
    const past = await sessionUses(project.logs, most);
    const used = componentsOf(past.sessions);
    const all = [...new Set([...used, ...outsiders(catalog).map(({ spec }) => spec.name)])].sort();
    if (name !== undefined && !catalog.get(name) && !used.includes(name)) {
      throw catalog.broken().find((each) => each.name === name)?.error ??
        unknownComponent(name, [...catalog.names(), ...used]);
    }
    const components = componentUses(
      name === undefined ? all : [name],
      (each) => catalog.get(each),
      past.sessions,
    );
    const runs = {
      looked_at: past.sessions.length,
      total: past.total,
      without_record: past.sessions.filter(({ uses }) => uses.length === 0).length,
    };
    return { document: { runs, components }, text: pageOf(components, runs, cli) };
  },
});

interface Runs {
  readonly looked_at: number;
  readonly total: number;
  readonly without_record: number;
}

function pageOf(components: readonly ComponentUse[], runs: Runs, cli: Cli): string {
  return [...components.map((component) => sectionOf(component, cli)), footOf(runs, cli)].join("\n");
}

/** What was looked at, and what of it says nothing. */
function footOf({ looked_at, total, without_record }: Runs, cli: Cli): string {
  const { width } = cli.out;
  if (total === 0) {
    return "No run is recorded here yet, so nothing is known to be used: osiris run FILE\n";
  }
  const parts = [
    looked_at < total
      ? `Looked at the newest ${counted(looked_at, "run")} of ${count(total)}; --sessions 0 looks at all.`
      : `Looked at ${total === 1 ? "the one run" : `all ${counted(total, "run")}`}.`,
    ...(without_record === 0
      ? []
      : [`${counted(without_record, "of them does", "of them do")} not say what was used.`]),
  ];
  return wrapped(parts.join(" "), width) + "\n";
}

function sectionOf(use: ComponentUse, cli: Cli): string {
  const { style, width } = cli.out;
  const origin = { builtin: "built in", outside: "from outside", gone: "no longer known here" }[use.origin];
  const often = use.runs === 0
    ? "no run used it"
    : `${counted(use.steps, "step")} of ${counted(use.runs, "run")}`;
  const head = `${style.bold(printable(use.name))}${
    use.version === undefined ? "" : ` ${use.version}`
  } (${origin}): ${often}`;
  const line = (title: string, text: string) =>
    `  ${style.dim(title.padEnd(8))} ${wrapped(text, width, " ".repeat(11))}\n`;
  const touched = (of: ComponentUse["granted"]) =>
    (["net", "read", "write"] as const).flatMap((permission) =>
      of[permission].listed.length === 0 ? [] : [`${permission} ${namesOf(of[permission], cli)}`]
    ).join("; ");
  return [
    head + "\n",
    use.templates.length > 0
      ? indented(table(HEADINGS, use.templates.map(rowOf), cli.out))
      : use.origin === "gone"
      ? ""
      : "  It declares that it touches nothing.\n",
    ...["granted", "used"].map((kind) => {
      const text = touched(use[kind as "granted" | "used"]);
      return text === "" ? "" : line(kind, text);
    }),
    use.refused.listed.length === 0 ? "" : line("refused", namesOf(use.refused, cli)),
    ...(use.tighter === undefined ? [] : [
      `\n  ${wrapped(whyTighter(use), width, "  ")}\n`,
      indented(indented(stringify({ permissions: use.tighter }, { lineWidth: 0 }))),
    ]),
  ].join("");
}

const HEADINGS = [
  { title: "permission" },
  { title: "declared", middle: true as const },
  { title: "used" },
];

function rowOf(use: TemplateUse): string[] {
  return [use.permission, printable(use.template), howOften(use)];
}

function howOften({ counted: steps, used, within }: TemplateUse): string {
  if (steps === 0) return "not known";
  if (used === 0) return `never, in ${counted(steps, "step")}`;
  const only = within === undefined ? "" : `, only ${printable(within)}`;
  return `in ${used} of ${counted(steps, "step")}${only}`;
}

function whyTighter({ never_used, templates }: ComponentUse): string {
  const never = never_used.map(({ permission, template }) => `${permission} ${printable(template)}`);
  const wide = templates.filter(({ within }) => within !== undefined);
  const what = [
    ...(never.length === 0 ? [] : [`never used: ${never.join(", ")}`]),
    ...(wide.length === 0
      ? []
      : [`wider than any use: ${wide.map((w) => `${w.permission} ${printable(w.template)}`).join(", ")}`]),
  ].join("; ");
  return `${what[0]!.toUpperCase()}${what.slice(1)}. As far as these runs show, its spec.yaml would do with:`;
}

/** Most names on one line for people. */
const SHOWN = 5;

function namesOf({ listed, more }: Tally, cli: Cli): string {
  const shown = listed.slice(0, SHOWN).map(({ name }) =>
    printable(isAbsolute(name) ? shownPath(name, cli.cwd) : name)
  );
  const rest = listed.length - shown.length + more;
  return shown.join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, "  ");
}

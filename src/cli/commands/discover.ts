/** `osiris discover`. */

import { OsirisError } from "../../diagnostic.ts";
import type { Discovery, FoundTable } from "../../run/mod.ts";
import { count, duration } from "../../amounts.ts";
import { ASK_FLAGS } from "../_asking.ts";
import type { Cli } from "../_cli.ts";
import { declare } from "../_declare.ts";
import { wholeNumber } from "../_flags.ts";
import { grantsText } from "../_grants_text.ts";
import { printable } from "../../printable.ts";
import { table } from "../_table.ts";

export const discover = declare({
  name: "discover",
  summary: "show the tables behind a connection, their columns and samples",
  details: [
    "Without TABLE the names and, where the source has one, an estimate of the rows; with it columns, types and keys; with --profile also how many values are null and how many differ, the least and the greatest. TABLE is a table's name as it is listed, its name without the schema, or a schema.",
    "An answer is kept under .osiris/ for an hour, for the same connection and the same component only, and says how old it is; samples are never kept.",
    "Samples are masked: what is known to be secret, mail addresses, tokens, numbers of cards, accounts and people, and everything in columns whose names say so, such as password or email. Look at them before you pass them on all the same.",
    "The component that is asked is one that reads connections of the family and has the capability 'discover'; one from outside only when osiris.lock allows it. It gets no right to write.",
  ],
  arguments: {
    connection: { value: "@FAMILY.ALIAS", summary: "the connection" },
    tables: { value: "TABLE", summary: "what to describe", optional: true, many: true },
  },
  flags: {
    profile: { summary: "say what the values of each TABLE are like" },
    samples: { value: "N", summary: "show so many rows of each TABLE, masked" },
    refresh: { summary: "ask the source, whatever is known of it" },
    "max-age": { value: "SECONDS", summary: "how old a known answer may be (3600 when not given)" },
    ...ASK_FLAGS,
  },
  document: {
    connection: "the connection's name",
    component: "the component that was asked",
    isolation: "what its driver ran in",
    grants: "net, read and write: what its driver was granted",
    from_cache: "whether this was known from an earlier time",
    asked_at: "when the source was asked",
    tables:
      "name and rows (an estimate, or null) of each, and of those that were named columns, keys, profile (rows that were looked at, and of each column null_share, distinct, min and max), samples, and trouble where something is in the way of reading one",
  },
  examples: [
    { line: "osiris discover @shop.main", about: "Which tables there are." },
    { line: "osiris discover @shop.main orders --samples 3", about: "What one of them is like." },
    { line: "osiris discover @shop.main orders --profile --refresh", about: "What its values are like now." },
  ],
  async run({ connection, tables, samples, profile, refresh, "max-age": maxAge, timeout, verbose }, cli) {
    const { loadAskable } = await import("../_asking.ts");
    const { textsIn } = await import("../_texts.ts");
    const wanted = {
      tables,
      profile: profileWanted(profile, tables),
      samples: samplesOf(samples, tables),
      maxAgeMs: 1000 * maxAgeOf(maxAge, refresh),
    };
    const { input, diagnostics, warnings } = await loadAskable(cli, timeout);
    const trouble = { diagnostics, texts: textsIn(cli.cwd, diagnostics), warnings };
    if (!input) return { document: {}, ...trouble };
    const { connectionNamed, discoverTables } = await import("../../run/mod.ts");
    const found = await discoverTables(input, connectionNamed(input.connections, connection), wanted);
    return {
      document: { ...found },
      text: discoveryText(found, tables.length > 0, cli) + ageText(found) +
        (verbose ? grantedText(found) : ""),
      ...trouble,
    };
  },
});

const MOST_SAMPLES = 1000;
const MAX_AGE_S = 3600;
const NO_TABLE = "no TABLE is named, and all of them would be read";

function samplesOf(typed: string | undefined, tables: readonly string[]): number {
  if (typed === undefined) return 0;
  const samples = wholeNumber("--samples", typed);
  const wrong = tables.length === 0
    ? NO_TABLE
    : samples > MOST_SAMPLES
    ? `it should be ${MOST_SAMPLES} at most`
    : undefined;
  if (wrong === undefined) return samples;
  throw new OsirisError("CLI804", `Cannot use '--samples ${samples}': ${wrong}`, {
    category: "usage",
    help: "for example: osiris discover @shop.main orders --samples 10",
  });
}

function profileWanted(profile: boolean, tables: readonly string[]): boolean {
  if (!profile || tables.length > 0) return profile;
  throw new OsirisError("CLI804", `Cannot use '--profile': ${NO_TABLE}`, {
    category: "usage",
    help: "for example: osiris discover @shop.main orders --profile",
  });
}

function maxAgeOf(typed: string | undefined, refresh: boolean): number {
  if (typed === undefined) return refresh ? 0 : MAX_AGE_S;
  const seconds = wholeNumber("--max-age", typed);
  if (!refresh) return seconds;
  throw new OsirisError("CLI804", "Cannot use '--max-age': '--refresh' asks the source in any case", {
    category: "usage",
    help: "leave one of them out",
  });
}

function discoveryText({ connection, tables }: Discovery, described: boolean, cli: Cli): string {
  if (tables.length === 0) return `No tables behind ${printable(connection)}\n`;
  if (described) return tables.map((each) => tableText(each, cli)).join("\n");
  const headings = [{ title: "table", whole: true as const }, { title: "rows", align: "right" as const }];
  return table(headings, tables.map(({ name, rows }) => [printable(name), estimate(rows)]), cli.out);
}

function tableText(found: FoundTable, cli: Cli): string {
  const { name, rows, columns = [], keys = [], profile, samples = [] } = found;
  const size = rows === null ? "" : ` (${estimate(rows)} rows)`;
  const looked = profile === undefined ? "" : `, values of ${count(profile.rows)} rows`;
  const head = `${printable(name)}${size}${looked}`;
  const trouble = found.trouble === undefined ? "" : `cannot be read: ${printable(found.trouble)}\n`;
  if (columns.length === 0) return `${cli.out.style.bold(head)}\n${trouble || "no columns\n"}`;
  const isKey = (column: string) => keys.includes(column) ? "key" : "";
  const shape = table(
    [{ title: "column", whole: true }, { title: "type" }, { title: "" }, ...profile ? PROFILE_HEADINGS : []],
    columns.map((
      { name, type },
    ) => [...[name, type, isKey(name)].map(printable), ...profileCells(found, name)]),
    cli.out,
  );
  if (samples.length === 0) return `${cli.out.style.bold(head)}\n${shape}${trouble}`;
  const rowsShown = table(
    columns.map((column) => ({ title: printable(column.name) })),
    samples.map((row) => columns.map((column) => cell(row[column.name]))),
    cli.out,
  );
  return `${cli.out.style.bold(head)}\n${shape}\n${rowsShown}${trouble}`;
}

const PROFILE_HEADINGS = [
  { title: "null", align: "right" },
  { title: "distinct", align: "right" },
  { title: "least" },
  { title: "greatest" },
] as const;

function profileCells({ profile }: FoundTable, column: string): string[] {
  if (profile === undefined) return [];
  const found = profile.columns.find(({ name }) => name === column);
  if (found === undefined) return ["", "", "", ""];
  const { null_share, distinct, min, max } = found;
  const edge = (value: unknown) => value === null ? "" : cell(value);
  return [percent(null_share), distinct === null ? "" : count(distinct), edge(min), edge(max)];
}

/** Such as `0 %`, `12 %`; what is hardly any is not none. */
function percent(share: number | null): string {
  if (share === null) return "";
  const rounded = Math.round(share * 100);
  if (rounded === 0 && share > 0) return "<1 %";
  return rounded === 100 && share < 1 ? ">99 %" : `${rounded} %`;
}

function ageText({ from_cache, asked_at }: Discovery): string {
  if (!from_cache) return "";
  const age = duration(Math.max(0, Date.now() - Date.parse(asked_at)));
  return `\nKnown from ${age} ago; --refresh asks the source.\n`;
}

/** Sources estimate: a round number is the honest one. */
function estimate(rows: number | null): string {
  return rows === null ? "" : `~${count(rows)}`;
}

const WIDEST_CELL = 60;

function cell(value: unknown): string {
  const text = printable(typeof value === "string" ? value : JSON.stringify(value));
  return text.length > WIDEST_CELL ? `${text.slice(0, WIDEST_CELL)}…` : text;
}

function grantedText({ component, isolation, grants }: Discovery): string {
  return printable(`asked ${component}, which ran in a ${isolation} and ${grantsText(grants)}`) + "\n";
}

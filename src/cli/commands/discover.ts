/** `osiris discover`. */

import { OsirisError } from "../../diagnostic.ts";
import type { Discovery, FoundTable } from "../../run/mod.ts";
import { count } from "../_amounts.ts";
import { ASK_FLAGS } from "../_asking.ts";
import type { Cli } from "../_cli.ts";
import { declare } from "../_declare.ts";
import { wholeNumber } from "../_flags.ts";
import { grantsText } from "../_grants_text.ts";
import { printable } from "../_printable.ts";
import { table } from "../_table.ts";

export const discover = declare({
  name: "discover",
  summary: "show the tables behind a connection, their columns and samples",
  details: [
    "Without TABLE the names and, where the source has one, an estimate of the rows; with it columns, types and keys. TABLE is a table's name as it is listed, its name without the schema, or a schema.",
    "Samples are masked: what is known to be secret, mail addresses, tokens, numbers of cards, accounts and people, and everything in columns whose names say so, such as password or email. Look at them before you pass them on all the same.",
    "The component that is asked is one that reads connections of the family and has the capability 'discover'; one from outside only when osiris.lock allows it. It gets no right to write.",
  ],
  arguments: {
    connection: { value: "@FAMILY.ALIAS", summary: "the connection" },
    tables: { value: "TABLE", summary: "what to describe", optional: true, many: true },
  },
  flags: {
    samples: { value: "N", summary: "show so many rows of each TABLE, masked" },
    ...ASK_FLAGS,
  },
  document: {
    connection: "the connection's name",
    component: "the component that was asked",
    isolation: "what its driver ran in",
    grants: "net, read and write: what its driver was granted",
    tables:
      "name and rows (an estimate, or null) of each, and of those that were named columns, keys and samples",
  },
  examples: [
    { line: "osiris discover @shop.main", about: "Which tables there are." },
    { line: "osiris discover @shop.main orders --samples 3", about: "What one of them is like." },
  ],
  async run({ connection, tables, samples, timeout, verbose }, cli) {
    const { loadAskable } = await import("../_asking.ts");
    const { textsIn } = await import("../_texts.ts");
    const wanted = { tables, samples: samplesOf(samples, tables) };
    const { input, diagnostics, warnings } = await loadAskable(cli, timeout);
    const trouble = { diagnostics, texts: textsIn(cli.cwd, diagnostics), warnings };
    if (!input) return { document: {}, ...trouble };
    const { connectionNamed, discoverTables } = await import("../../run/mod.ts");
    const found = await discoverTables(input, connectionNamed(input.connections, connection), wanted);
    return {
      document: { ...found },
      text: discoveryText(found, tables.length > 0, cli) + (verbose ? grantedText(found) : ""),
      ...trouble,
    };
  },
});

const MOST_SAMPLES = 1000;

function samplesOf(typed: string | undefined, tables: readonly string[]): number {
  if (typed === undefined) return 0;
  const samples = wholeNumber("--samples", typed);
  const wrong = tables.length === 0
    ? "no TABLE is named, and all of them would be read"
    : samples > MOST_SAMPLES
    ? `it should be ${MOST_SAMPLES} at most`
    : undefined;
  if (wrong === undefined) return samples;
  throw new OsirisError("CLI804", `Cannot use '--samples ${samples}': ${wrong}`, {
    category: "usage",
    help: "for example: osiris discover @shop.main orders --samples 10",
  });
}

function discoveryText({ connection, tables }: Discovery, described: boolean, cli: Cli): string {
  if (tables.length === 0) return `No tables behind ${printable(connection)}\n`;
  if (described) return tables.map((each) => tableText(each, cli)).join("\n");
  const headings = [{ title: "table", whole: true as const }, { title: "rows", align: "right" as const }];
  return table(headings, tables.map(({ name, rows }) => [printable(name), estimate(rows)]), cli.out);
}

function tableText({ name, rows, columns = [], keys = [], samples = [] }: FoundTable, cli: Cli): string {
  const head = rows === null ? printable(name) : `${printable(name)} (${estimate(rows)} rows)`;
  const isKey = (column: string) => keys.includes(column) ? "key" : "";
  const shape = table(
    [{ title: "column", whole: true }, { title: "type" }, { title: "" }],
    columns.map((column) => [column.name, column.type, isKey(column.name)].map(printable)),
    cli.out,
  );
  if (samples.length === 0) return `${cli.out.style.bold(head)}\n${shape}`;
  const rowsShown = table(
    columns.map((column) => ({ title: printable(column.name) })),
    samples.map((row) => columns.map((column) => cell(row[column.name]))),
    cli.out,
  );
  return `${cli.out.style.bold(head)}\n${shape}\n${rowsShown}`;
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

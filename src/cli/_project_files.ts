/**
 * The files of a new project: a small example, or a pipeline for a file that a person has.
 *
 * @module
 */

import { closeSync, mkdtempSync, openSync, readSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, relative, resolve, sep } from "node:path";
import { Scalar, stringify } from "yaml";
import { findSecrets } from "../connection/mod.ts";
import { openEngine } from "../engine/mod.ts";
import { OsirisError } from "../diagnostic.ts";
import { formatOml } from "../oml/mod.ts";
import type { Cli } from "./_cli.ts";
import { printable } from "../printable.ts";
import { unreadable } from "./_read.ts";

export interface ProjectFile {
  /** Relative to the project, with `/`. */
  readonly path: string;
  readonly text: string;
  /** Left as it is when it is there already, instead of refusing. */
  readonly keep?: true;
}

const GITIGNORE = `# What Osiris makes and can make again, and what must not be shared
/logs/
/.osiris/
/compiled/
/out/
.env
`;

const CONNECTIONS =
  `# The connections that steps name as "@family.alias". Secrets come from the environment or from .env:
#
# connections:
#   mysql:
#     shop:
#       host: db.local
#       user: etl
#       password: \${MYSQL_PASSWORD}
version: 1
connections: {}
`;

const SALES = `id,day,region,product,amount
1,2026-01-05,north,tea,12.50
2,2026-01-05,south,coffee,8.20
3,2026-01-06,north,coffee,16.40
4,2026-01-07,west,tea,25.00
5,2026-01-07,south,tea,12.50
6,2026-01-08,north,cocoa,9.90
`;

const PIPELINE = `# Reads sales, adds them up by region, writes the result.
#   osiris run pipeline.oml
#   osiris run pipeline.oml --param least=20
oml_version: "0.1.0"
name: sales-by-region

params:
  least:
    type: number
    default: 0
    description: Regions that sold less are left out

steps:
  - id: extract_sales
    component: filesystem.csv_extractor
    mode: read
    config:
      path: data/sales.csv
      types: { amount: "DECIMAL(18,2)" }

  - id: by_region
    component: duckdb.processor
    mode: transform
    config:
      query: |
        SELECT region, count(*) AS sales, sum(amount) AS amount
        FROM sales
        GROUP BY region
        HAVING sum(amount) >= \${params.least}
        ORDER BY region
    inputs: { sales: "\${extract_sales.output.df}" }

  - id: save
    component: filesystem.csv_writer
    mode: write
    config:
      path: out/sales_by_region.csv
    inputs: { df: "\${by_region.output.df}" }
`;

/** A project that runs at once. */
export function exampleFiles(): readonly ProjectFile[] {
  return [
    { path: "pipeline.oml", text: PIPELINE },
    { path: "data/sales.csv", text: SALES },
    ...surroundings(),
  ];
}

function surroundings(): readonly ProjectFile[] {
  return [
    { path: "osiris_connections.yaml", text: CONNECTIONS, keep: true },
    { path: ".gitignore", text: GITIGNORE, keep: true },
  ];
}

type Format = "csv" | "json" | "parquet";

/** A project whose pipeline reads the file that was named, with its columns and types written down. */
export async function filesFor(cli: Cli, typed: string, root: string): Promise<readonly ProjectFile[]> {
  const path = resolve(cli.cwd, typed);
  const format = formatOf(path, typed);
  const columns = await columnsOf(path, format);
  const within = relative(root, path);
  const source = within.startsWith("..") ? path : within.replaceAll(sep, "/");
  return [{ path: "pipeline.oml", text: pipelineFor(source, format, columns) }, ...surroundings()];
}

/** What the name says the file is, or else what its first bytes say. */
function formatOf(path: string, typed: string): Format {
  const info = statSync(path, { throwIfNoEntry: false });
  if (!info) {
    throw unreadable(typed, "there is no such file", "check the path; it is relative to this folder");
  }
  if (info.isDirectory()) {
    throw unreadable(typed, "it is a folder, and a file is needed", "name one of the files in it");
  }
  const name = basename(path).toLowerCase();
  if (/\.(csv|tsv|txt)(\.(gz|zst))?$/.test(name)) return "csv";
  if (/\.(json|ndjson|jsonl)(\.(gz|zst))?$/.test(name)) return "json";
  if (/\.(parquet|pq)$/.test(name)) return "parquet";
  const start = firstBytes(path);
  if (start.startsWith("PAR1")) return "parquet";
  if (/^\s*[[{]/.test(start)) return "json";
  if (start !== "" && !start.includes("\0")) return "csv";
  throw new OsirisError(
    "CLI808",
    `Cannot write a pipeline for '${printable(typed)}': it is none of CSV, JSON and Parquet`,
    {
      category: "usage",
      help: "name a file whose name ends in .csv, .json, .ndjson or .parquet",
    },
  );
}

function firstBytes(path: string): string {
  const file = openSync(path, "r");
  try {
    const bytes = new Uint8Array(4096);
    return new TextDecoder("latin1").decode(bytes.subarray(0, readSync(file, bytes)));
  } finally {
    closeSync(file);
  }
}

interface Column {
  readonly name: string;
  readonly type: string;
}

async function columnsOf(path: string, format: Format): Promise<readonly Column[]> {
  const folder = mkdtempSync(join(tmpdir(), "osiris-init-"));
  try {
    await using engine = await openEngine({ tempDirectory: folder, read: [path], write: [], token: "init" });
    return (await engine.scan("extract", { format, path, options: {} })).columns;
  } catch (error) {
    if (!(error instanceof OsirisError)) throw error;
    throw new OsirisError(error.code, error.message, { category: "usage", help: error.help, cause: error });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A name that no map of a pipeline may hold; the type of such a column stays to be found when it is read. */
const FORBIDDEN_KEY = "__proto__";

/** The text of the pipeline. What stands in a file's name or in its columns is data and never syntax. */
export function pipelineFor(source: string, format: Format, columns: readonly Column[]): string {
  const named = textOf(source, format, columns, columns.map((c) => identifier(c.name)), []);
  if (findSecrets(named).length === 0) return named;
  const plain = columns.filter((c) => findSecrets(`${c.name}: "${c.name}"`).length === 0);
  return textOf(source, format, plain, ["*"], [
    "A column's name looks like a secret, which no pipeline may hold: the query takes every column,",
    "and the type of that one is found when it is read",
  ]);
}

function textOf(
  source: string,
  format: Format,
  typed: readonly Column[],
  selected: readonly string[],
  remarks: readonly string[],
): string {
  const name = nameFrom(source);
  const types = Object.fromEntries(
    typed.filter((c) => c.name !== FORBIDDEN_KEY).map((c) => [c.name, c.type]),
  );
  const document = {
    oml_version: quoted("0.1.0"),
    name,
    steps: [
      {
        id: "extract",
        component: `filesystem.${format}_extractor`,
        mode: "read",
        config: { path: literal(source), ...(format === "csv" ? { types } : {}) },
      },
      {
        id: "shape",
        component: "duckdb.processor",
        mode: "transform",
        inputs: { rows: "${extract.output.df}" },
        config: {
          query: literal(`SELECT\n${selected.map((each) => `  ${each}`).join(",\n")}\nFROM rows\n`),
        },
      },
      {
        id: "save",
        component: "filesystem.parquet_writer",
        mode: "write",
        inputs: { df: "${shape.output.df}" },
        config: { path: `out/${name}.parquet` },
      },
    ],
  };
  const text = stringify(document, { lineWidth: 0, version: "1.2" });
  const commented =
    `# Written by 'osiris init --from': edit the query, then run it with\n#   osiris run pipeline.oml\n${
      remarks.map((line) => `# ${line}\n`).join("")
    }${text}`;
  return formatOml(commented, "pipeline.oml").value ?? commented;
}

/** A pipeline's name from a file's: letters, digits, `_` and `-`, starting with a letter. */
function nameFrom(source: string): string {
  const stem = basename(source).replace(/(\.[A-Za-z0-9]{1,8}){1,2}$/, "");
  const name = stem.normalize("NFKD").replace(/[^A-Za-z0-9_-]+/g, "_").replace(/^[^A-Za-z]+/, "").replace(
    /_+$/,
    "",
  );
  return name.slice(0, 60) || "pipeline";
}

/** Text that keeps its quotes, because without them it looks like a number. */
function quoted(text: string): Scalar<string> {
  const scalar = new Scalar(text);
  scalar.type = Scalar.QUOTE_DOUBLE;
  return scalar;
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Text in which nothing is a reference. */
function literal(text: string): string {
  return text.replaceAll("${", () => "$${");
}

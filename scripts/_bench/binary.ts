/** The compiled binary: how large, how soon, how much memory. @module */

import { statSync } from "node:fs";
import { join } from "node:path";
import { isBuilt } from "./command.ts";
import type { Bench } from "./main.ts";
import { absent, alternate, atMost, megabytes, peakMemory, type Row, succeed } from "./measure.ts";

const THREE_ROWS = "id,name\n1,a\n2,b\n3,c\n";

const PIPELINE = `oml_version: "0.1.0"
name: three-rows
steps:
  - id: rows
    component: filesystem.csv_extractor
    mode: read
    config: { path: three.csv }
  - id: save
    component: filesystem.parquet_writer
    mode: write
    config: { path: three.parquet }
`;

export async function* binaryRows(bench: Bench): AsyncGenerator<Row> {
  if (!isBuilt(bench)) {
    yield absent("the binary", "", `${bench.binary} does not exist; run scripts/build first`);
    return;
  }
  const folder = join(bench.folder, "binary");
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(join(folder, "three.csv"), THREE_ROWS);
  await Deno.writeTextFile(join(folder, "three.oml"), PIPELINE);
  yield atMost("binary: size", statSync(bench.binary).size, 120e6, megabytes);
  const times = await alternate({
    version: () => succeed([bench.binary, "--version"]),
    validate: () => succeed([bench.binary, "oml", "validate", "three.oml"], { cwd: folder }),
    threeRows: () => succeed([bench.binary, "run", "--quiet", "three.oml"], { cwd: folder }),
  }, Math.max(bench.turns, 10));
  const ms = (value: number) => `${value.toFixed(0)} ms`;
  yield atMost("binary: --version", times.version, 50, ms);
  yield atMost("binary: a three-row pipeline, whole command", times.threeRows, 200, ms);
  const commands = {
    "--version": ["--version"],
    "before the engine is loaded (oml validate)": ["oml", "validate", "three.oml"],
  };
  for (const [name, args] of Object.entries(commands)) {
    const peak = await peakMemory([bench.binary, ...args], folder);
    if (peak === undefined) {
      yield absent(`binary: memory, ${name}`, "≤ 80 MB", "no python3 to ask the kernel");
    } else yield atMost(`binary: memory, ${name}`, peak, 80e6, megabytes);
  }
}

/**
 * The programs that the whole command is compared with, installed from PyPI into a folder of the bench.
 * Each keeps the rows of one category of a CSV file, as a CSV file.
 *
 * @module
 */

import { join } from "node:path";
import { run, succeed } from "./measure.ts";

/** A program that can do the job. */
export interface Peer {
  readonly name: string;
  readonly command: readonly string[];
  readonly cwd: string;
  /**
   * What it says when the work is done, for a program that does not end then: odibi aborts or hangs at
   * its exit. Its time is taken there, and it is ended.
   */
  readonly says?: string;
}

/** A program that is not there, and why. */
export interface Missing {
  readonly name: string;
  readonly reason: string;
}

/** Arrow batches, read in large blocks and filtered by Arrow: the quickest way dlt offers. */
const DLT = `
import os, sys
source, target = sys.argv[1:3]
os.environ.update({
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "DATA_WRITER__DISABLE_COMPRESSION": "true",
    "NORMALIZE__DATA_WRITER__DISABLE_COMPRESSION": "true",
})
import dlt, pyarrow.compute as compute, pyarrow.csv as csv

@dlt.resource(name="food", write_disposition="replace")
def food():
    for batch in csv.open_csv(source, read_options=csv.ReadOptions(block_size=16 << 20)):
        yield batch.filter(compute.equal(batch["category"], "food"))

destination = dlt.destinations.filesystem(bucket_url="file://" + target)
pipeline = dlt.pipeline("bench", pipelines_dir=target + "/state", destination=destination, dataset_name="out")
pipeline.run(food(), loader_file_format="csv")
`;

const ODIBI = `project: bench
connections:
  here: { type: local, base_path: . }
story: { connection: here, path: stories }
system: { connection: here, path: _system }
pipelines:
  - pipeline: bench
    nodes:
      - name: keep_food
        read: { connection: here, format: csv, path: SOURCE }
        transform:
          steps:
            - sql: "SELECT * FROM df WHERE category = 'food'"
        write: { connection: here, format: csv, path: out.csv, mode: overwrite }
`;

/** Installs what can be installed; `source` is the CSV file to filter. */
export async function peers(folder: string, source: string): Promise<(Peer | Missing)[]> {
  const names = ["duckdb-cli", "odibi", "dlt"];
  const made = await run(["python3", "-m", "venv", join(folder, "python")]).catch(() => undefined);
  if (made?.code !== 0) return names.map((name) => ({ name, reason: "no python3 with venv" }));
  const bin = (name: string) => join(folder, "python", "bin", name);
  const install = async (...packages: string[]) =>
    (await run([bin("python"), "-m", "pip", "install", "--quiet", ...packages])).code === 0;
  const here = async (name: string) => {
    await Deno.mkdir(join(folder, name), { recursive: true });
    return join(folder, name);
  };

  const cli: Peer = {
    name: "duckdb-cli",
    command: [
      bin("duckdb"),
      "-c",
      `COPY (SELECT * FROM '${source}' WHERE category = 'food') TO 'out.csv' (HEADER)`,
    ],
    cwd: await here("duckdb-cli"),
  };
  const odibi: Peer = {
    name: "odibi",
    command: [bin("odibi"), "run", "odibi.yaml"],
    cwd: await here("odibi"),
    says: "completed successfully",
  };
  await Deno.writeTextFile(join(odibi.cwd, "odibi.yaml"), ODIBI.replace("SOURCE", source));
  const dlt: Peer = {
    name: "dlt",
    command: [bin("python"), "food.py", source, join(folder, "dlt", "out")],
    cwd: await here("dlt"),
  };
  await Deno.writeTextFile(join(dlt.cwd, "food.py"), DLT);

  const found: (Peer | Missing)[] = [];
  for (
    const [peer, packages] of [
      [cli, ["duckdb-cli"]],
      [odibi, ["odibi"]],
      [dlt, ["dlt[filesystem]", "pyarrow"]],
    ] as const
  ) {
    found.push(await install(...packages) ? peer : { name: peer.name, reason: `pip cannot install it` });
  }
  return found;
}

/** Runs a peer's job once. */
export async function work(peer: Peer): Promise<void> {
  if (peer.says === undefined) return await succeed(peer.command, { cwd: peer.cwd });
  const [program, ...args] = peer.command;
  const child = new Deno.Command(program!, {
    args,
    cwd: peer.cwd,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const errors = child.stderr.pipeTo(new WritableStream()).catch(() => {});
  let said = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    said += text;
    if (said.includes(peer.says)) break;
  }
  try {
    child.kill("SIGKILL");
  } catch {
    // It ended by itself.
  }
  await Promise.all([child.status, errors]);
  if (!said.includes(peer.says)) throw new Error(`${peer.name} failed: ${said.slice(-2000)}`);
}

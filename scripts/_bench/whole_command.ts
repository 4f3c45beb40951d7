/** The whole command, as typed in a shell, beside other programs that do the same job. @module */

import { join } from "node:path";
import { isBuilt, osiris } from "./command.ts";
import { writeSmallSales } from "./data.ts";
import type { Bench } from "./main.ts";
import { absent, alternate, ratio, type Row, seconds, succeed } from "./measure.ts";
import { type Peer, peers, work } from "./peers.ts";

const PIPELINE = `oml_version: "0.1.0"
name: food
steps:
  - id: sales
    component: filesystem.csv_extractor
    mode: read
    config: { path: sales.csv }
  - id: food
    component: duckdb.processor
    mode: transform
    config: { query: "SELECT * FROM df WHERE category = 'food'" }
  - id: save
    component: filesystem.csv_writer
    mode: write
    config: { path: out.csv }
`;

export async function* wholeCommandRows(bench: Bench): AsyncGenerator<Row> {
  const folder = join(bench.folder, "whole-command");
  await Deno.mkdir(folder, { recursive: true });
  const source = join(folder, "sales.csv");
  await writeSmallSales(source, 2_000_000);
  await Deno.writeTextFile(join(folder, "food.oml"), PIPELINE);
  const found = await peers(folder, source);
  const present = found.filter((peer): peer is Peer => !("reason" in peer));
  const contenders: Record<string, () => Promise<void>> = {
    osiris: () => succeed(osiris(bench, "run", "--quiet", "food.oml"), { cwd: folder }),
  };
  for (const peer of present) contenders[peer.name] = () => work(peer);
  const times = await alternate(contenders, Math.min(bench.turns, 5));
  const mine = times["osiris"]!;
  const how = isBuilt(bench) ? "binary" : "from source";
  for (const peer of found) {
    const what = `2 million rows CSV → filter → CSV, ${how}, beside ${peer.name}`;
    if (peer.name === "duckdb-cli") {
      if ("reason" in peer) yield absent(what, "≤ 1.3 ×", peer.reason);
      else yield ratio(what, mine, times[peer.name]!, 1.3);
    } else if ("reason" in peer) yield absent(what, "≥ 5 × faster", peer.reason);
    else {
      const theirs = times[peer.name]!;
      yield {
        what,
        measured: `${(theirs / mine).toFixed(1)} × faster (${seconds(mine)} / ${seconds(theirs)})`,
        reach: "≥ 5 × faster",
        ok: theirs >= 5 * mine,
      };
    }
  }
}

/**
 * Drivers from outside by the thousand, in one host that lives on: what grows in it, and what is left. One round is
 * 1,000 drivers one after the other and 100 side by side, each of which gives rows and ends; rounds follow each other
 * until the time is up. What a driver leaves in its host is the slope within the rounds after the first, in which every
 * cache fills; what hundreds at once leave in the allocator is what comes on top from round to round.
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { loadOutside } from "../../src/component/_outside.ts";
import { type CatalogEntry, createDriverPool, type DriverPool, osSandbox } from "../../src/component/mod.ts";
import type { Bench } from "./main.ts";
import { median, megabytes, type Row } from "./measure.ts";

const IN_A_ROW = 1000, SIDE_BY_SIDE = 100;
/** Drivers between two looks. */
const LOOK_EVERY = 50;
/** What a thousand drivers may add to the host. */
const MOST_MEMORY = 2_000_000, MOST_FILES = 0.5;
/** What a round may add. It comes to rest after some. */
const MOST_A_ROUND = 8_000_000;

const DRIVER = `import { defineDriver, emit } from "osiris/driver";
export default defineDriver({
  read: () => emit({ a: "INTEGER" }, function* () {
    for (let i = 0; i < 10; i++) yield Array.from({ length: 100 }, (_, a) => ({ a }));
  }),
});
`;
const SPEC = `name: bench.soak
version: 1.0.0
title: A driver for the bench
description: Gives a thousand rows.
status: experimental
modes: [read]
permissions: {}
config: { type: object, properties: {} }
examples: [{ title: Rows, mode: read, config: {} }]
`;

interface Seen {
  /** Drivers that were there before. */
  readonly round: number;
  readonly drivers: number;
  readonly memory: number;
  readonly files: number;
  readonly threads: number;
}

export async function* soakRows({ folder, minutes }: Bench): AsyncGenerator<Row> {
  if (Deno.build.os !== "linux") {
    return void (yield {
      what: "soak",
      measured: "this system does not say what a process holds",
      reach: "Linux",
    });
  }
  const components = join(folder, "soak", "components");
  await Deno.mkdir(join(components, "bench.soak"), { recursive: true });
  await Deno.writeTextFile(join(components, "bench.soak", "spec.yaml"), SPEC);
  await Deno.writeTextFile(join(components, "bench.soak", "driver.js"), DRIVER);
  const [entry] = (await loadOutside(components)).entries;
  if (entry === undefined) throw new Error("the soak's driver does not load");
  const end = performance.now() + minutes * 60_000;
  const seen: Seen[] = [];
  const zombies: number[] = [];
  let drivers = 0;
  do {
    await using pool = createDriverPool();
    for (let i = 0; i < IN_A_ROW; i++) {
      await work(pool, entry);
      if (++drivers % LOOK_EVERY === 0) seen.push({ round: zombies.length, drivers, ...held() });
    }
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, () => work(pool, entry)));
    drivers += SIDE_BY_SIDE;
    zombies.push(childrenOf(Deno.pid).filter(({ state }) => state === "Z").length);
  } while (performance.now() < end);
  const left = childrenOf(Deno.pid).length;
  const later = seen.filter(({ round }) => round > 0);
  const all = later.length > 0 ? later : seen.slice(seen.length >> 1); // there was time for one round
  const what = `${drivers} drivers in one host, ${osSandbox().available ? "process+os" : "process"}:`;
  const memory = slope(all, "memory"), files = slope(all, "files"), threads = slope(all, "threads");
  const most = (key: "memory" | "files" | "threads") => Math.max(...seen.map((each) => each[key]));
  yield {
    what: `${what} memory per 1,000`,
    measured: `${(memory / 1e6).toFixed(2)} MB more; ${
      megabytes(median(all.map((each) => each.memory)))
    } in the middle, ${megabytes(most("memory"))} at most`,
    reach: `<= ${MOST_MEMORY / 1e6} MB`,
    ok: memory <= MOST_MEMORY,
  };
  const [first, ...rounds] = Map.groupBy(seen.slice(seen.length >> 1), ({ round }) => round).values().map(
    (each) => median(each.map(({ memory }) => memory)),
  );
  if (rounds.length > 0) {
    const more = (rounds.at(-1)! - first!) / rounds.length;
    yield {
      what: `${what} memory per round`,
      measured: `${(more / 1e6).toFixed(1)} MB more, in the second half of ${zombies.length} rounds`,
      reach: `<= ${MOST_A_ROUND / 1e6} MB`,
      ok: more <= MOST_A_ROUND,
    };
  }
  yield {
    what: `${what} open files per 1,000`,
    measured: `${files.toFixed(3)} more; ${most("files")} at most`,
    reach: `<= ${MOST_FILES}`,
    ok: files <= MOST_FILES,
  };
  yield {
    what: `${what} threads per 1,000`,
    measured: `${threads.toFixed(3)} more; ${most("threads")} at most`,
    reach: `<= ${MOST_FILES}`,
    ok: threads <= MOST_FILES,
  };
  yield {
    what: `${what} zombies, processes left`,
    measured: `${Math.max(...zombies)}, ${left}`,
    reach: "0, 0",
    ok: Math.max(...zombies) === 0 && left === 0,
  };
}

/** One driver's life. */
async function work(pool: DriverPool, entry: CatalogEntry): Promise<void> {
  const grants = { net: [], read: [], write: [] };
  await using driver = await pool.open(entry, { step: "s", config: {}, connection: null, grants });
  const read = await driver.read();
  if (read.kind !== "batches") throw new Error("the soak's driver gives batches");
  let rows = 0;
  for await (const batch of read.batches) rows += batch.rows;
  if (rows !== 1000) throw new Error(`the soak's driver gave ${rows} rows`);
}

function held(): Omit<Seen, "round" | "drivers"> {
  return {
    memory: Deno.memoryUsage().rss,
    files: readdirSync("/proc/self/fd").length,
    threads: readdirSync("/proc/self/task").length,
  };
}

interface Child {
  readonly pid: number;
  readonly state: string;
}

function childrenOf(parent: number): Child[] {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).flatMap((name) => {
    try {
      const [, state, of] = /^\d+ \(.*\) (\S) (\d+)/s.exec(readFileSync(`/proc/${name}/stat`, "utf8"))!;
      return Number(of) === parent ? [{ pid: Number(name), state: state! }] : [];
    } catch {
      return []; // it ended meanwhile
    }
  });
}

/** How much a figure grows with each thousand drivers of a round: the line of least squares. */
function slope(seen: readonly Seen[], key: "memory" | "files" | "threads"): number {
  let over = 0, under = 0;
  for (const round of Map.groupBy(seen, (each) => each.round).values()) {
    const mean = (of: (each: Seen) => number) =>
      round.reduce((sum, each) => sum + of(each), 0) / round.length;
    const x = mean((each) => each.drivers), y = mean((each) => each[key]);
    for (const each of round) {
      over += (each.drivers - x) * (each[key] - y);
      under += (each.drivers - x) ** 2;
    }
  }
  return over / under * 1000;
}

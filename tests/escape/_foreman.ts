/**
 * The test as the foreman of all that it starts: what outlives its own parent becomes the test's child (Linux:
 * `PR_SET_CHILD_SUBREAPER`), so that nothing that a run leaves behind can hide.
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";

const PR_SET_CHILD_SUBREAPER = 36;
let foreman = false;

export function becomeForeman(): void {
  if (foreman || Deno.build.os !== "linux") return;
  const libc = Deno.dlopen(
    "libc.so.6",
    { prctl: { parameters: ["i32", "u64", "u64", "u64", "u64"], result: "i32" } } as const,
  );
  const failed = libc.symbols.prctl(PR_SET_CHILD_SUBREAPER, 1n, 0n, 0n, 0n) !== 0;
  libc.close();
  if (failed) {
    throw new Error("the test cannot become the foreman of what it starts");
  }
  foreman = true;
}

/** The living processes that were started below this one and lost their own parents. */
export function adopted(known: ReadonlySet<number> = new Set()): string[] {
  const own = String(Deno.pid);
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).flatMap((pid) => {
    try {
      const [, state, parent] = /^\d+ \(.*\) (\S) (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))!;
      if (parent !== own || state === "Z" || known.has(Number(pid))) return [];
      return [`${pid} ${readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").slice(0, 200)}`];
    } catch {
      return []; // it ended meanwhile
    }
  });
}

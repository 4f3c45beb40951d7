// deno-lint-ignore-file no-control-regex -- what a terminal obeys is what is looked for
/** Drivers that hang, run out of memory, crash, leave, or flood: the step fails, and nothing else. @module */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Arena, type At, type Ran } from "./_arena.ts";
import { HONEST_STEPS, plainSpec } from "./_driver.ts";
import { count, note } from "./_figures.ts";
import { refusedAt } from "./admission.ts";
import { driverOfEnd, type End, ENDS, HANGS } from "./ends.ts";

/** Most memory that the host may take, whatever its drivers do, in bytes. */
const HOST_BYTES = 1_000_000_000;
/** How long after its deadline a driver may be alive, and its step take to be told of it: most of it is for a busy machine. */
const LATE_MS = 10_000;

const HONEST = `oml_version: "0.1.0"
name: ends
steps:
${HONEST_STEPS}`;

/** A pipeline in which these drivers run side by side, after the honest steps. */
function pipeline(arena: Arena, ends: readonly End[], names: readonly string[]): string {
  return HONEST + ends.map(({ timeout, mode = "read" }, i) =>
    `  - id: end_${i}
    component: ${names[i]}
    mode: ${mode}${mode === "transform" ? "\n    inputs: {}" : ""}
    needs: [others]
    timeout: ${timeout}
    config: { secret: ${JSON.stringify(arena.at.secret)} }
  - id: save_${i}
    component: filesystem.csv_writer
    mode: write
    inputs: { df: "\${end_${i}.output.df}" }
    config: { path: end_${i}.csv }
`
  ).join("");
}

interface Ended {
  readonly ran: Ran;
  readonly steps: Map<string, { state: string; error?: { code: string; message: string } }>;
  readonly events: readonly Record<string, unknown>[];
  readonly hostBytes: number;
}

/** Runs drivers side by side in one run of the program. */
async function end(
  arena: Arena,
  ends: readonly End[],
  names: readonly string[],
  file: string,
): Promise<Ended> {
  arena.write(file, pipeline(arena, ends, names));
  let hostBytes = 0;
  const before = new Set(arena.sessions().map(({ id }) => id));
  const ran = await arena.osiris(["run", file], {
    onHost: (pid) => (hostBytes = Math.max(hostBytes, peak(pid))),
  });
  const session = arena.sessions().find(({ id }) => !before.has(id));
  assert.ok(session, `no session: ${ran.stdout}${ran.stderr}`);
  const status = session.status as {
    state: string;
    steps: { id: string; state: string; error?: { code: string; message: string } }[];
  };
  assert.notEqual(status.state, "running", "the session is not sealed");
  return {
    ran,
    hostBytes,
    steps: new Map(status.steps.map((step) => [step.id, step])),
    events: session.events.trim().split("\n").map((line) => JSON.parse(line)),
  };
}

function peak(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** What is wrong with how a driver ended, if anything. */
function faults(arena: Arena, end: End, i: number, { ran, steps, hostBytes }: Ended): string[] {
  const faults: string[] = [];
  const step = steps.get(`end_${i}`), saved = steps.get(`save_${i}`);
  if (![0, 1, 2, 3, 4].includes(ran.code)) faults.push(`the program ended with ${ran.code}`);
  const worked = step?.state === "succeeded" && saved?.state === "succeeded";
  if (end.ends === "fails" && worked) faults.push("it is told to have succeeded");
  if (worked !== arena.exists(`end_${i}.csv`)) faults.push(`its output is ${worked ? "missing" : "there"}`);
  const failure = step?.error ?? saved?.error;
  // A writer is skipped where another driver of the run failed first.
  if (
    end.ends === "fails" ? step?.state !== "failed" && saved?.state !== "failed" : step?.state === "pending"
  ) {
    faults.push(`its step is ${step?.state}`);
  }
  if (end.codes !== undefined && !end.codes.includes(failure?.code ?? "")) {
    faults.push(`it failed with ${failure?.code}`);
  }
  if (failure !== undefined && failure.message.length > 20_000) faults.push("its failure is endless");
  if (hostBytes > HOST_BYTES) faults.push(`the host took ${Math.round(hostBytes / 1e6)} MB`);
  if (!arena.exists("honest.csv") || arena.read("honest.csv") !== "answer\n42\n") {
    faults.push("another step's output was harmed");
  }
  return faults.map((fault) =>
    `${end.id}: ${fault} (${failure?.code} ${failure?.message.slice(0, 200)}) ${ran.stderr.slice(0, 300)}`
  );
}

async function withEnds(
  makes: readonly End[] | ((at: At) => readonly End[]),
  tell: (arena: Arena, names: readonly string[], ends: readonly End[]) => Promise<void>,
): Promise<void> {
  await using arena = await Arena.create();
  const ends = typeof makes === "function" ? makes(arena.at) : makes;
  const names = ends.map((_, i) => `evil.end_${i}`);
  ends.forEach((each, i) => arena.component(names[i]!, plainSpec(names[i]!), driverOfEnd(each)));
  const agreed = await arena.consent();
  assert.equal(agreed.code, 0, agreed.stderr);
  await tell(arena, names, ends);
}

export function ended(): void {
  Deno.test("a driver that hangs is gone soon after its deadline, and only its step fails", () =>
    withEnds(HANGS, async (arena, names) => {
      const all: string[] = [];
      const late: number[] = [];
      for (let from = 0; from < HANGS.length; from += 4) {
        const some = HANGS.slice(from, from + 4);
        const seen = await end(arena, some, names.slice(from), `hang_${from}.oml`);
        assert.equal(seen.ran.code, 1, seen.ran.stderr);
        some.forEach((each, i) => {
          const found = faults(arena, each, i, seen);
          const took = tookMs(seen, `end_${i}`);
          late.push(took - 1000);
          if (took > 1000 + LATE_MS) found.push(`${each.id}: it took ${took} ms`);
          all.push(...found);
          count(each.row, { tried: 1, through: found.length === 0 ? 0 : 1 });
        });
        const remains = arena.remains();
        count("B1", { left: remains.length });
        all.push(...remains);
      }
      late.sort((a, b) => a - b);
      note(
        `hangs: step ended ${late[0]} to ${late.at(-1)} ms after its deadline of 1 s, median ${
          late[late.length >> 1]
        } ms`,
      );
      assert.deepEqual(all, []);
    }));

  Deno.test("a driver that fails, leaves or floods takes nobody along", () =>
    withEnds(ENDS, takeNobodyAlong));
  Deno.test("code that names an import or does more than compute is not loaded", () =>
    withEnds(refusedAt, takeNobodyAlong));
}

/** Runs drivers, few at a time, and looks at what each run left. */
async function takeNobodyAlong(arena: Arena, names: readonly string[], ends: readonly End[]): Promise<void> {
  const all: string[] = [];
  let peak = 0;
  for (const [from, some] of groups(ends)) {
    const seen = await end(arena, some, names.slice(from), "end.oml");
    peak = Math.max(peak, seen.hostBytes);
    const died = ![0, 1, 2, 3, 4].includes(seen.ran.code);
    some.forEach((each, i) => {
      const found = faults(arena, each, i, seen);
      count(each.row, { tried: 1, through: Number(found.length > 0) });
      all.push(...found);
    });
    const about = some.map(({ id }) => id).join(", ");
    all.push(...arena.damages().map((damage) => `${about}: ${damage} was harmed`));
    all.push(...arena.leaks(seen.ran).map((leak) => `${about}: canary in ${leak}`));
    if (/^FORGED|\x1b/m.test(seen.ran.stdout + seen.ran.stderr)) all.push(`${about}: a line is forged`);
    const remains = arena.remains();
    all.push(...remains.map((each) => `${about}: left ${each}`));
    count(some[0]!.row, { died: Number(died), left: remains.length });
    await arena.remove("end_0.csv", "end_1.csv", "end_2.csv", "end_3.csv", "honest.csv");
  }
  note(
    `the host's memory, with ${ends.length} drivers that do not end well: ${
      Math.round(peak / 1e6)
    } MB at most`,
  );
  assert.deepEqual(all, []);
}

/** Those that follow each other and may run side by side, with the place of the first. */
function* groups(ends: readonly End[]): Iterable<readonly [number, readonly End[]]> {
  for (let from = 0; from < ends.length;) {
    const { together } = ends[from]!;
    const other = ends.findIndex((each, i) => i > from && each.together !== together);
    const to = Math.min(from + together, other < 0 ? ends.length : other);
    yield [from, ends.slice(from, to)];
    from = to;
  }
}

/** Between a step's beginning and its end, by the session. */
function tookMs({ events }: Ended, step: string): number {
  const at = (...types: string[]) =>
    events.filter(({ event_type, data }) =>
      types.includes(String(event_type)) && (data as { step_id?: string }).step_id === step
    ).map(({ timestamp }) => Date.parse(String(timestamp)));
  const [started] = at("execution.step.start");
  const [over] = at("execution.step.error", "execution.step.complete");
  return over === undefined || started === undefined ? Number.NaN : over - started;
}

/**
 * How the bench measures: alternating runs and their medians, and programs with their peak memory.
 *
 * @module
 */

/** One line of the table. */
export interface Row {
  readonly what: string;
  readonly measured: string;
  readonly reach: string;
  /** Absent when it could not be measured here; `measured` then says why. */
  readonly ok?: boolean;
}

/** The middle value; of an even number of values, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Milliseconds that `work` takes. */
export async function time(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/**
 * The median time of each contender. They take turns, so that what the machine does meanwhile falls on
 * all of them alike; a first turn fills the caches and is not counted. `before` comes before each, and is not counted either.
 */
export async function alternate<Name extends string>(
  contenders: Readonly<Record<Name, () => Promise<unknown>>>,
  turns: number,
  before: () => Promise<unknown> = () => Promise.resolve(),
): Promise<Record<Name, number>> {
  const names = Object.keys(contenders) as Name[];
  const times = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let turn = 0; turn <= turns; turn++) {
    for (const name of names) {
      await before();
      const elapsed = await time(contenders[name]);
      if (turn > 0) times.get(name)!.push(elapsed);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(times.get(name)!)])) as Record<Name, number>;
}

/** What a program came to. */
export interface Ended {
  readonly code: number;
  readonly output: string;
}

/** Runs a program to its end; `output` is both its streams. */
export async function run(
  command: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<Ended> {
  const [program, ...args] = command;
  const child = new Deno.Command(program!, { ...options, args, stdin: "null" });
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return { code, output: decoder.decode(stdout) + decoder.decode(stderr) };
}

/** Runs a program that must succeed. */
export async function succeed(
  command: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<void> {
  const { code, output } = await run(command, options);
  if (code !== 0) throw new Error(`'${command.join(" ")}' ended with ${code}: ${output.slice(-2000)}`);
}

/**
 * The kernel's account of a child's peak memory. A small parent has to ask: the child's account starts
 * with the pages of whoever started it, which for Deno are as many as what is measured.
 */
const PEAK = `
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print("peak", code, peak if sys.platform == "darwin" else peak * 1024)
`;

/** Peak memory of a program in bytes; undefined where there is no Python to ask the kernel. */
export async function peakMemory(command: readonly string[], cwd?: string): Promise<number | undefined> {
  const ended = await run(["python3", "-c", PEAK, ...command], cwd === undefined ? {} : { cwd })
    .catch(() => undefined);
  const [, code, bytes] = /^peak (\d+) (\d+)$/m.exec(ended?.output ?? "") ?? [];
  if (code !== undefined && code !== "0") throw new Error(`'${command.join(" ")}' ended with ${code}`);
  return bytes === undefined ? undefined : Number(bytes);
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}

export function seconds(ms: number): string {
  return ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

/** A time beside the one it is compared with. */
export function ratio(what: string, measured: number, base: number, most: number): Row {
  return {
    what,
    measured: `${(measured / base).toFixed(2)} × (${seconds(measured)} / ${seconds(base)})`,
    reach: `≤ ${most} ×`,
    ok: measured <= base * most,
  };
}

/** A number with a limit that it should not pass. */
export function atMost(
  what: string,
  measured: number,
  most: number,
  show: (value: number) => string,
): Row {
  return { what, measured: show(measured), reach: `≤ ${show(most)}`, ok: measured <= most };
}

/** A number that it should reach. */
export function atLeast(
  what: string,
  measured: number,
  least: number,
  show: (value: number) => string,
): Row {
  return { what, measured: show(measured), reach: `≥ ${show(least)}`, ok: measured >= least };
}

/** A row that could not be measured here. */
export function absent(what: string, reach: string, reason: string): Row {
  return { what, measured: `not measured: ${reason}`, reach };
}

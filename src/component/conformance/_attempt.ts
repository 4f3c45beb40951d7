import { setTimeout as sleep } from "node:timers/promises";
import { type Failure, OsirisError } from "../../diagnostic.ts";
import type { CatalogEntry } from "../catalog.ts";
import { decodeBatch } from "../_decode.ts";
import { Emission, type Row } from "../_emission.ts";
import type {
  Batch,
  CheckResult,
  DiscoveredTable,
  Driver,
  DriverPool,
  DriverRows,
  DriverStart,
  DriverUse,
  DriverWrite,
} from "../driver.ts";
import type { Column, RelationRequest } from "../protocol.ts";
import type { Example, Rows } from "./_example.ts";
import type { Listen, Trouble } from "./_server.ts";
import { Stage } from "./_stage.ts";

/** What is said of an attempt that took longer than it may. */
export const TOO_LONG = "it did not come to an end and had to be stopped";
/** Rows of a table that are asked for. */
export const SAMPLES = 3;
/** How long it is waited where it is waited. */
const PAUSE_MS = 50;

/** What the suite works with. */
export interface Bench {
  readonly entry: CatalogEntry;
  readonly pool: DriverPool;
  readonly listen: Listen;
  /** How long one attempt may take. */
  readonly limitMs: number;
  /** What every driver is started with beside its configuration. */
  readonly start: Omit<DriverStart, "step" | "config" | "connection" | "grants">;
}

/** What is different from doing just what the example says. */
export interface Variation {
  readonly trouble?: Trouble;
  /** Cancels when trouble has begun, or else when the driver has taken or given its first batch. */
  readonly cancel?: boolean;
  readonly inputs?: { readonly [name: string]: Rows };
  /** Rows of a batch that goes in. */
  readonly batchRows?: number;
  /** The input breaks after its first batch. */
  readonly breaking?: boolean;
  /** The input stays silent after its first batch. */
  readonly stalling?: boolean;
  readonly end?: "commit" | "abort";
  /** Asks for this instead of rows. */
  readonly ask?: "check" | "discover";
  /** Waits a little between the first batch and the next. */
  readonly unhurried?: boolean;
  /** Waits a little after the end, for what is said then. */
  readonly listening?: boolean;
}

/** What came of an attempt. */
export interface Outcome {
  readonly relation?: RelationRequest;
  /** The rows that a read or transform gave. */
  readonly given?: {
    readonly columns: readonly Column[];
    readonly rows: readonly Row[];
    readonly cursor: unknown;
  };
  /** What it said of its connection, and what it found there, when it was asked. */
  readonly checked?: CheckResult;
  readonly tables?: readonly DiscoveredTable[];
  /** The same when the first of them was asked for, with samples and profile. */
  readonly described?: readonly DiscoveredTable[];
  /** How many rows a write took in. */
  readonly staged?: number;
  readonly failure?: OsirisError;
  /** What is wrong with a batch. */
  readonly typeFault?: string;
  /** It took longer than any example may. */
  readonly timedOut: boolean;
  /** Files after a write had staged, and at the end, with their texts; what was there before is in neither. */
  readonly stagedFiles: ReadonlyMap<string, string>;
  readonly files: ReadonlyMap<string, string>;
  /** Files that it changed without being granted to. */
  readonly trespasses: readonly string[];
  /** What it asked for and was not granted. */
  readonly denied: readonly string[];
  /** Everything it said beside its answers. */
  readonly said: readonly string[];
  readonly logLines: number;
  /** What it said after its last answer. */
  readonly late: readonly string[];
  readonly unknownRequests: readonly string[];
  readonly missingRequests: readonly string[];
  /** Every request with its body, in one order. */
  readonly asked: readonly string[];
  /** From the cancel to the driver's end, in milliseconds. */
  readonly cancelledAfterMs?: number;
}

type Found = { -readonly [K in keyof Outcome]?: Outcome[K] };

/** Does what an example says, with a driver, a folder and a server of its own. */
export async function attempt(bench: Bench, example: Example, variation: Variation = {}): Promise<Outcome> {
  await using stage = await Stage.set(bench.entry.spec, example, bench.listen, variation);
  const before = await stage.files();
  const found: Found = {};
  const said: string[] = [];
  const late: string[] = [];
  const controller = new AbortController();
  let over = false;
  let logLines = 0;
  const exit = Promise.withResolvers<{ readonly failure?: Failure }>();
  const say = (what: string) => (over ? late : said).push(what);
  const hooks = {
    signal: controller.signal,
    onLog: (_level: string, text: string) => (logLines++, void say(text)),
    onEvent: (name: string, data: unknown) => void say(`${name} ${JSON.stringify(data)}`),
    onMetric: (name: string, value: number) => void say(`${name} ${value}`),
    onProgress: () => void (over && late.push("progress")),
    onUsed: (use: DriverUse) => {
      found.denied = use.denied.map(({ permission, resource }) => `${permission} ${resource}`);
    },
    onExit: exit.resolve,
  };
  const limit = setTimeout(() => {
    found.timedOut = true;
    controller.abort();
  }, bench.limitMs);
  let cancelledAt = 0;
  const cancel = () => {
    cancelledAt = performance.now();
    controller.abort();
  };
  if (variation.cancel === true && variation.trouble !== undefined) stage.server.inTrouble.then(cancel);
  try {
    const { config, connection, grants } = stage;
    const start = { ...bench.start, step: "example", config, connection, grants };
    const driver = await bench.pool.open(bench.entry, start, hooks);
    try {
      await act({ driver, example, variation, found, stage, cancel, ended: exit.promise });
      over = true;
      if (variation.listening === true) await hearOut();
    } finally {
      await driver[Symbol.asyncDispose]();
    }
  } catch (error) {
    if (!(error instanceof OsirisError)) throw error;
    found.failure = error;
  } finally {
    clearTimeout(limit);
  }
  if (over) {
    const { failure } = await exit.promise;
    // A write that was told to undo itself ends so.
    if (failure !== undefined && failure.code !== "DRV406") late.push(failure.message);
  }
  if (cancelledAt > 0) {
    await exit.promise;
    found.cancelledAfterMs = performance.now() - cancelledAt;
  }
  const after = changed(await stage.files(), before);
  return {
    ...found,
    timedOut: found.timedOut ?? false,
    stagedFiles: found.stagedFiles ?? new Map(),
    files: after,
    denied: found.denied ?? [],
    trespasses: [...after.keys()].filter((file) => !stage.mayWrite(file)),
    said: [...said, ...found.failure === undefined ? [] : [found.failure.message, found.failure.help ?? ""]],
    logLines,
    late,
    unknownRequests: stage.server.unknown,
    missingRequests: stage.server.missing,
    asked: stage.server.asked.map((each) => each.replaceAll(stage.server.address, "")).sort(),
  };
}

/** Waits in parts: where a busy machine stands still meanwhile, one part is lost and not the whole. */
async function hearOut(): Promise<void> {
  for (let part = 0; part < 5; part++) await sleep(PAUSE_MS / 5);
}

interface Scene {
  readonly driver: Driver;
  readonly example: Example;
  readonly variation: Variation;
  readonly found: Found;
  readonly stage: Stage;
  readonly cancel: () => void;
  readonly ended: Promise<unknown>;
}

async function act(scene: Scene): Promise<void> {
  const { driver, example, variation } = scene;
  if (variation.ask === "check") return void (scene.found.checked = await driver.check());
  if (variation.ask === "discover") return await look(scene);
  const inputs = variation.inputs ?? example.inputs ?? {};
  const source = (rows: Rows) => ({
    columns: columnsOf(rows.columns),
    batches: () => batchesOf(rows, scene),
  });
  switch (example.mode) {
    case "read":
      return await take(await driver.read({ cursor: example.cursor ?? null }), scene);
    case "transform": {
      const sources = Object.entries(inputs).map(([name, rows]) => [name, source(rows)]);
      return await take(await driver.transform(Object.fromEntries(sources)), scene);
    }
    case "write": {
      const { columns, batches } = source(inputs["df"] ?? { columns: {}, rows: [] });
      return await finish(await driver.write(columns, { batches }), scene);
    }
  }
}

async function look({ driver, found }: Scene): Promise<void> {
  found.tables = await driver.discover();
  const [first] = found.tables;
  if (first === undefined) return;
  found.described = await driver.discover({ scope: first.name, samples: SAMPLES, profile: true });
}

async function take(answer: DriverRows, { variation, found, cancel }: Scene): Promise<void> {
  if (answer.kind === "relation") return void (found.relation = answer.relation);
  if (answer.kind === "bytes") {
    throw new OsirisError(
      "DRV407",
      "it relays a text, which is not looked into here: give rows with emit(…)",
    );
  }
  const { columns, batches } = answer;
  const rows: Row[] = [];
  let next = await batches.next();
  try {
    for (let first = true; next.done !== true; first = false) {
      if (first && variation.unhurried === true) await sleep(PAUSE_MS);
      open(columns, next.value, rows, found);
      if (first && variation.cancel === true && variation.trouble === undefined) cancel();
      next = await batches.next();
    }
  } finally {
    if (next.done !== true) await batches.return(undefined as never);
  }
  found.given = { columns, rows, cursor: next.value.cursor };
}

function open(columns: readonly Column[], { data, rows: count }: Batch, rows: Row[], found: Found): void {
  try {
    const batch = decodeBatch(columns, data);
    if (batch.rows !== count) {
      throw new Error(`a batch holds ${batch.rows} rows, and its message says ${count}`);
    }
    for (const row of batch.toRows()) rows.push(row);
  } catch (error) {
    found.typeFault ??= (error as Error).message;
  }
}

async function finish(
  answer: DriverWrite,
  { example, variation: { end = example.then ?? "commit" }, found, stage }: Scene,
): Promise<void> {
  if (answer.kind === "relation") return void (found.relation = answer.relation);
  found.staged = answer.rows;
  found.stagedFiles = await stage.files();
  await answer[end]();
}

/** The columns of a name → type object. */
export function columnsOf(columns: { readonly [name: string]: string }): Column[] {
  return Object.entries(columns).map(([name, type]) => ({ name, type }));
}

async function* batchesOf(
  { columns, rows }: Rows,
  { variation, cancel, ended }: Scene,
): AsyncGenerator<Batch> {
  const size = variation.batchRows ?? Math.max(1, rows.length);
  const described = columnsOf(columns);
  for (let from = 0; from < rows.length; from += size) {
    if (from > 0 && variation.breaking === true) throw new OsirisError("DRV401", BROKEN_INPUT);
    if (from > 0 && variation.stalling === true) {
      cancel();
      await ended;
      return;
    }
    yield* batchesOnce(described, rows.slice(from, from + size));
  }
}

async function* batchesOnce(columns: readonly Column[], rows: readonly Row[]): AsyncGenerator<Batch> {
  yield* new Emission(columns, [rows]).batches();
}

/** What a step upstream fails with. */
export const BROKEN_INPUT = "the step that feeds this one failed";

/** The rows as they come back from the wire, for comparison. Throws when they do not fit their columns. */
export async function asSent({ columns, rows }: Rows): Promise<Row[]> {
  const described = columnsOf(columns);
  const sent: Row[] = [];
  for await (const { data } of batchesOnce(described, rows)) {
    sent.push(...decodeBatch(described, data).toRows());
  }
  return sent;
}

function changed(after: Map<string, string>, before: ReadonlyMap<string, string>): Map<string, string> {
  return new Map([...after].filter(([file, text]) => before.get(file) !== text));
}

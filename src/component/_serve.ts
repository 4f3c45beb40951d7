/**
 * The driver's side of the wire: takes the host's messages, calls the author's functions, and sends
 * their answers in the order the protocol wants.
 *
 * This file imports nothing that knows Arrow: where drivers only answer with relations, none of it is loaded.
 *
 * @module
 */

import { OsirisError } from "../diagnostic.ts";
import { Checksum } from "./checksum.ts";
import type { InputBatch } from "./_decode.ts";
import type {
  Checked,
  Context,
  Discovered,
  DriverDefinition,
  Input,
  StagedRows,
  WriteRequest,
} from "./_definition.ts";
import { failureOf } from "./_driver_error.ts";
import type { Emission, Row } from "./_emission.ts";
import type { Relay } from "./_relay.ts";
import { ServerFailure } from "./_server_failure.ts";
import {
  type Column,
  type DriverMessage,
  type HostMessage,
  PROTOCOL_VERSION,
  type RelationRequest,
  type TableProfile,
  WRITE_INPUT,
} from "./protocol.ts";

/** Batches that may be under way to an input. */
const INPUT_CREDIT = 8;
const MAX_LOG = 16_384;

/** What may be the last that a driver says. */
const ANSWERS: ReadonlySet<DriverMessage["type"]> = new Set(
  [
    "checked",
    "discovered",
    "relation",
    "end",
    "staged",
    "committed",
    "aborted",
    "target",
    "loaded",
    "error",
  ] as const,
);

type Send = (message: DriverMessage, transfer?: Transferable[]) => void;
type Message<T extends HostMessage["type"]> = Extract<HostMessage, { type: T }>;

/** Drivers by the names of their components. */
export type Drivers = { readonly [component: string]: DriverDefinition };
/** Opens a batch. */
export type Decode = (columns: readonly Column[], data: Uint8Array) => InputBatch;

// Taken before any foreign code runs.
const scope = globalThis as unknown as {
  postMessage(message: unknown, options: { transfer: Transferable[] }): void;
  addEventListener(type: string, listener: (event: never) => void): void;
  close(): void;
};
const postMessage = scope.postMessage?.bind(scope);
let before = (): DriverMessage | undefined => undefined;
const send: Send = (message, transfer = []) => {
  const first = ANSWERS.has(message.type) ? before() : undefined;
  if (first !== undefined) postMessage(first, { transfer: [] });
  postMessage(message, { transfer });
};

// A message may arrive before the driver is loaded, and would be lost without a listener.
const early: HostMessage[] = [];
let receive = (message: HostMessage): unknown => early.push(message);
let load = (_code: GuestCode): unknown => failedToLoad(new Error("it brings its own code"));

/** Serves the host with these drivers; without `decode` they are such that only answer with relations. */
export function serve(drivers: Drivers, decode?: Decode): void {
  const service = new Service(drivers, send, decode);
  receive = (message) => service.take(message);
  for (const message of early.splice(0)) receive(message);
}

/** Has what `told` gives sent before every answer that may be the last one. */
export function tellBeforeAnswers(told: () => DriverMessage | undefined): void {
  before = told;
}

/** Code from outside, as it is handed to a worker that was started without any. */
export interface GuestCode {
  readonly type: "load";
  readonly component: string;
  /** The text that was admitted. */
  readonly code: string;
  /** Functions that its spec says it has. */
  readonly promised: readonly string[];
  readonly grants: Message<"start">["grants"];
}

/** Says that the worker is ready for code from outside, and hands it on when it comes. */
export function awaitCode(take: (code: GuestCode) => unknown): void {
  load = take;
  postMessage({ type: "loaded" }, { transfer: [] });
}

/** Tells the host that the driver's module threw. */
export function failedToLoad(error: unknown): void {
  send({ type: "error", failure: failureOf(error, "DRV405") });
}

if (postMessage !== undefined && "DedicatedWorkerGlobalScope" in globalThis) {
  scope.addEventListener(
    "message",
    ({ data }: { data: HostMessage | GuestCode }) => data.type === "load" ? load(data) : receive(data),
  );
  watchTheExits();
  redirectPrinting();
}

/** A driver that leaves says so first: the host is not told otherwise. */
function watchTheExits(): void {
  const left = (how: string): never => {
    send({ type: "error", failure: failureOf(new Error(`it left by ${how}`)) });
    throw new Error("a driver cannot leave");
  };
  Object.defineProperty(globalThis, "close", { value: () => left("close()") });
  Object.defineProperty(Deno, "exit", { value: () => left("exit()") });
  const uncaught = (error: unknown) => send({ type: "error", failure: failureOf(error) });
  scope.addEventListener("error", (event: ErrorEvent) => {
    event.preventDefault();
    uncaught(event.error);
  });
  scope.addEventListener("unhandledrejection", (event: PromiseRejectionEvent) => {
    event.preventDefault();
    uncaught(event.reason);
  });
}

/** What a driver prints belongs to the record, not to the terminal. */
function redirectPrinting(): void {
  const levels = new Map<unknown, "info" | "warn" | "error">([["log", "info"], ["info", "info"], [
    "warn",
    "warn",
  ], [
    "error",
    "error",
  ]]);
  const printer = (method: unknown) => (...args: unknown[]) =>
    log(
      args.map((arg) => (typeof arg === "string" ? arg : Deno.inspect(arg))).join(" "),
      levels.get(method) ?? "debug",
    );
  const value = new Proxy({}, { get: (_, method) => printer(method) });
  Object.defineProperty(globalThis, "console", { value });
}

function log(text: string, level: "debug" | "info" | "warn" | "error" = "info"): void {
  send({ type: "log", level, text: text.length > MAX_LOG ? `${text.slice(0, MAX_LOG)}…` : text });
}

/** The drivers of one worker, serving one step and one call at a time. */
export class Service {
  readonly #drivers: Drivers;
  readonly #send: Send;
  readonly #decode: Decode;
  #definition: DriverDefinition = {};
  #context: Context | undefined;
  #controller = new AbortController();
  #inputs = new Map<string, InputStream>();
  #staged: StagedRows | undefined;
  #busy = false;
  #credit = 0;
  #wake: (() => void) | undefined;

  constructor(drivers: Drivers, send: Send, decode: Decode = noRows) {
    this.#drivers = drivers;
    this.#send = send;
    this.#decode = decode;
  }

  /** Takes one message of the host. */
  take(message: HostMessage): void {
    switch (message.type) {
      case "start":
        return this.#tryToStart(message);
      case "credit":
        this.#credit += message.batches;
        return this.#wake?.();
      case "batch":
      case "end":
        return this.#inputs.get(message.input)?.push(message);
      case "cancel":
        return this.#cancel();
      default:
        this.#call(() => this.#answer(message));
    }
  }

  #tryToStart(message: Message<"start">): void {
    try {
      this.#start(message);
    } catch (error) {
      this.#send({ type: "error", failure: failureOf(error, "DRV405") });
    }
  }

  #start(message: Message<"start">): void {
    const { component, step, config, connection, grants } = message;
    this.#definition = definitionOf(this.#drivers, component);
    this.#controller = new AbortController();
    this.#credit = 0;
    this.#context = {
      component,
      step,
      config,
      connection,
      grants,
      signal: this.#controller.signal,
      log,
      event: (name, data = {}) => this.#send({ type: "event", name, data }),
      metric: (name, value, unit) => this.#send({ type: "metric", name, value, unit }),
      progress: (rows) => this.#send({ type: "progress", rows }),
    };
    this.#send({ type: "ready", protocol: PROTOCOL_VERSION });
  }

  async #call(work: () => Promise<void>): Promise<void> {
    this.#busy = true;
    try {
      await work();
    } catch (error) {
      this.#send({
        type: "error",
        failure: failureOf(this.#controller.signal.aborted ? cancelled() : error),
      });
    } finally {
      this.#busy = false;
      if (this.#staged === undefined) this.#inputs.clear();
    }
  }

  #answer(
    message: Exclude<HostMessage, { type: "start" | "credit" | "batch" | "end" | "cancel" }>,
  ): Promise<void> {
    const context = this.#context!;
    switch (message.type) {
      case "check":
        return this.#check(context);
      case "discover":
        return this.#discover(context, message);
      case "read":
        return this.#read(context, message);
      case "transform":
        return this.#transform(context, message);
      case "write":
        return this.#write(context, message);
      case "target":
        return this.#target(context, message);
      case "loaded":
        return this.#loaded(context, message);
      case "commit":
        return this.#finish("commit", "committed");
      case "abort":
        return this.#finish("abort", "aborted");
    }
  }

  async #check(context: Context): Promise<void> {
    const started = performance.now();
    const { ok, category = null, message = null, help = null } = await this.#checked(context);
    const latency_ms = performance.now() - started;
    this.#send({ type: "checked", ok, latency_ms, category, message, help });
  }

  async #checked(context: Context): Promise<Checked> {
    try {
      return await this.#ability("check")(context);
    } catch (error) {
      if (!(error instanceof ServerFailure)) throw error;
      const { trouble, message, how: { help } } = error;
      return { ok: false, category: trouble, message, help };
    }
  }

  async #discover(context: Context, { scope, samples, profile }: Message<"discover">): Promise<void> {
    const found = await this.#ability("discover")(context, { scope, samples, profile });
    const tables = found.map((table) => ({
      name: table.name,
      columns: columnsOf(table.columns),
      keys: table.keys ?? [],
      rows: table.rows ?? null,
      samples: table.samples ?? [],
      profile: table.profile === undefined ? null : profileOf(table.profile),
    }));
    this.#send({ type: "discovered", tables });
  }

  async #read(context: Context, { cursor, columns, limit }: Message<"read">): Promise<void> {
    await this.#give(await this.#ability("read")(context, { cursor, columns, limit }));
  }

  async #transform(context: Context, message: Message<"transform">): Promise<void> {
    const inputs = Object.entries(message.inputs).map((
      [name, columns],
    ) => [name, this.#input(name, columns)]);
    await this.#give(await this.#ability("transform")(context, Object.fromEntries(inputs)));
  }

  async #target(context: Context, { schema }: Message<"target">): Promise<void> {
    const found = await this.#ability("target")(context, { columns: schema });
    const columns = found?.map(({ name, type, filled = false }) => ({ name, type, filled })) ?? null;
    this.#send({ type: "target", columns });
  }

  async #loaded(context: Context, { load_id }: Message<"loaded">): Promise<void> {
    this.#send({ type: "loaded", rows: await this.#ability("loaded")(context, { loadId: load_id }) });
  }

  async #write(context: Context, message: Message<"write">): Promise<void> {
    const { schema, mode, keys, load_id, pipeline, evolution, cursors } = message;
    const input = this.#input(WRITE_INPUT, schema);
    const bytes: WriteRequest["bytes"] = ({ nullText, asWritten = false }) => {
      const how = asWritten ? { as_written: true } : {};
      this.#send({ type: "accepts", input: WRITE_INPUT, null_text: nullText, ...how });
      return input.pieces();
    };
    const request: WriteRequest = Object.assign(input, {
      mode,
      keys,
      loadId: load_id,
      pipeline,
      evolution,
      cursors,
      bytes,
    });
    const answer = await this.#ability("write")(context, request);
    if ("kind" in answer) return this.#send({ type: "relation", relation: answer });
    this.#staged = answer;
    if (context.signal.aborted) throw cancelled();
    const { loadedBefore } = answer;
    if (loadedBefore === undefined) this.#send({ type: "staged", rows: input.taken });
    else this.#send({ type: "staged", rows: loadedBefore, before: true });
  }

  async #finish(how: "commit" | "abort", type: "committed" | "aborted"): Promise<void> {
    const staged = this.#staged;
    this.#staged = undefined;
    await staged?.[how]();
    this.#send({ type });
  }

  /** Sends what a read or a transform gave. */
  async #give(answer: RelationRequest | Emission | Relay): Promise<void> {
    if (isRelay(answer)) return await this.#relay(answer);
    if (!isEmission(answer)) return this.#send({ type: "relation", relation: answer });
    this.#send({ type: "schema", columns: answer.columns });
    const batches = answer.batches();
    const sum = new Checksum();
    let rows = 0;
    let next = await batches.next();
    try {
      for (; next.done !== true; next = await batches.next()) {
        await this.#mayGive();
        rows += next.value.rows;
        sum.add(next.value.data);
        this.#send({ type: "batch", ...next.value }, [next.value.data.buffer as ArrayBuffer]);
      }
    } finally {
      if (next.done !== true) await batches.return(null);
    }
    this.#send({ type: "end", rows, checksum: sum.value, cursor: next.value });
  }

  /** Sends the pieces of a text as they are. */
  async #relay({ columns, nullText, pieces }: Relay): Promise<void> {
    this.#send({ type: "bytes", columns, null_text: nullText });
    const source = pieces();
    const sum = new Checksum();
    let next = await source.next();
    try {
      for (; next.done !== true; next = await source.next()) {
        await this.#mayGive();
        sum.add(next.value);
        this.#send({ type: "batch", data: next.value, rows: 0 }, [next.value.buffer]);
      }
    } finally {
      if (next.done !== true) await source.return({ rows: 0 });
    }
    const { rows, cursor = null } = next.value;
    this.#send({ type: "end", rows, checksum: sum.value, cursor });
  }

  async #mayGive(): Promise<void> {
    while (this.#credit === 0 && !this.#controller.signal.aborted) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    if (this.#controller.signal.aborted) throw cancelled();
    this.#credit--;
  }

  #input(name: string, columns: readonly Column[]): InputStream {
    const input = new InputStream(
      name,
      columns,
      this.#decode,
      (batches) => this.#send({ type: "credit", input: name, batches }),
    );
    this.#inputs.set(name, input);
    return input;
  }

  #ability<K extends keyof DriverDefinition>(name: K): NonNullable<DriverDefinition[K]> {
    const ability = this.#definition[name];
    if (typeof ability !== "function") throw new OsirisError("DRV407", `the driver has no '${name}'`);
    return ability.bind(this.#definition) as NonNullable<DriverDefinition[K]>;
  }

  /** Stops the call under way; what was staged is undone. The host awaits one last message. */
  #cancel(): void {
    this.#controller.abort(cancelled());
    this.#wake?.();
    for (const input of this.#inputs.values()) input.stop();
    if (this.#staged !== undefined) this.#call(() => this.#finish("abort", "aborted"));
    else if (!this.#busy) this.#send({ type: "aborted" });
  }
}

function cancelled(): OsirisError {
  return new OsirisError("DRV406", "it was cancelled", { category: "interrupted" });
}

function definitionOf(drivers: Drivers, component: string): DriverDefinition {
  if (!Object.hasOwn(drivers, component)) {
    const here = Object.keys(drivers).sort().join(", ");
    throw new Error(`its worker serves ${here}, and should serve '${component}'`);
  }
  const definition = drivers[component];
  if (typeof definition !== "object" || definition === null) {
    throw new Error("driver.ts should export `defineDriver({…})` by default");
  }
  return definition;
}

function isRelay(answer: RelationRequest | Emission | Relay): answer is Relay {
  return typeof (answer as Relay | undefined)?.pieces === "function";
}

function isEmission(answer: RelationRequest | Emission): answer is Emission {
  return typeof (answer as Emission | undefined)?.batches === "function";
}

/** The host refuses a driver that asks for rows where the engine carries them. */
function noRows(): never {
  throw new OsirisError("DRV407", "the engine carries the rows of this driver");
}

function profileOf({ rows, columns }: NonNullable<Discovered["profile"]>): TableProfile {
  const each = Object.entries(columns).map(([name, { nulls, distinct = null, min = null, max = null }]) => (
    { name, nulls, distinct, min, max }
  ));
  return { rows, columns: each };
}

/** The columns of a name → type object. */
export function columnsOf(columns: { readonly [name: string]: string }): Column[] {
  return Object.entries(columns).map(([name, type]) => ({ name, type }));
}

/** Batches as they arrive. */
class InputStream implements Input {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly #decode: Decode;
  readonly #grant: (batches: number) => void;
  readonly #arrived: (Message<"batch"> | Message<"end">)[] = [];
  #wake: (() => void) | undefined;
  readonly #sum = new Checksum();
  #used = false;
  #stopped = false;
  /** Rows handed out so far. */
  taken = 0;

  constructor(
    name: string,
    columns: readonly Column[],
    decode: Decode,
    grant: (batches: number) => void,
  ) {
    this.name = name;
    this.columns = columns;
    this.#decode = decode;
    this.#grant = grant;
  }

  push(message: Message<"batch"> | Message<"end">): void {
    this.#arrived.push(message);
    this.#wake?.();
  }

  stop(): void {
    this.#stopped = true;
    this.#wake?.();
  }

  async *batches(): AsyncGenerator<InputBatch, void, void> {
    for await (const { data, rows } of this.#messages()) {
      this.taken += rows;
      yield this.#decode(this.columns, data);
    }
  }

  /** The pieces of a text; how many rows it has is known at its end. */
  async *pieces(): AsyncGenerator<Uint8Array, number, void> {
    const messages = this.#messages();
    let next = await messages.next();
    try {
      for (; next.done !== true; next = await messages.next()) yield next.value.data;
    } finally {
      if (next.done !== true) await messages.return(0);
    }
    return this.taken = next.value;
  }

  async *#messages(): AsyncGenerator<Message<"batch">, number, void> {
    if (this.#used) throw new OsirisError("DRV407", `the input '${this.name}' can be gone through once`);
    this.#used = true;
    this.#grant(INPUT_CREDIT);
    while (true) {
      const message = await this.#next();
      if (message.type === "end") {
        if (message.checksum === this.#sum.value) return message.rows;
        throw new OsirisError("DRV402", `the input '${this.name}' did not arrive as it was sent`);
      }
      this.#sum.add(message.data);
      yield message;
      this.#grant(1);
    }
  }

  async *rows(): AsyncGenerator<Row, void, void> {
    for await (const batch of this.batches()) yield* batch.toRows();
  }

  async #next(): Promise<Message<"batch"> | Message<"end">> {
    while (this.#arrived.length === 0 && !this.#stopped) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    if (this.#stopped) throw cancelled();
    return this.#arrived.shift()!;
  }
}

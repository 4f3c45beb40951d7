/**
 * The drivers of a worker at work: takes the host's messages, calls the author's functions, and sends their answers
 * in the order the protocol wants.
 *
 * This file imports nothing that knows Arrow: where drivers only answer with relations, none of it is loaded.
 *
 * @module
 */

import { OsirisError } from "../diagnostic.ts";
import { Checksum } from "./checksum.ts";
import type {
  Checked,
  Context,
  Discovered,
  DriverDefinition,
  StagedRows,
  WriteRequest,
} from "./_definition.ts";
import { failureOf } from "./_driver_error.ts";
import type { Emission } from "./_emission.ts";
import { cancelled, type Decode, InputStream } from "./_input_stream.ts";
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

const MAX_LOG = 16_384;

/** Sends a message to the host; what is transferred is gone from here. */
export type Send = (message: DriverMessage, transfer?: Transferable[]) => void;
type Message<T extends HostMessage["type"]> = Extract<HostMessage, { type: T }>;

/** Drivers by the names of their components. */
export type Drivers = { readonly [component: string]: DriverDefinition };

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
      log: (text, level = "info") => this.#send(logLine(text, level)),
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
      ...(table.trouble === undefined ? {} : { trouble: table.trouble }),
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

/** A line of the record. */
export function logLine(
  text: string,
  level: "debug" | "info" | "warn" | "error",
): DriverMessage {
  return { type: "log", level, text: text.length > MAX_LOG ? `${text.slice(0, MAX_LOG)}…` : text };
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

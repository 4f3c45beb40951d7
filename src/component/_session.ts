/**
 * The host's side of one driver: one call at a time, each message checked, credit kept in both
 * directions.
 *
 * What must stay true: nothing a driver sends is looked at before it was checked; the first thing
 * that goes wrong ends the driver and is what every later call reports.
 *
 * @module
 */

import { type Code, type Failure, OsirisError } from "../diagnostic.ts";
import { checkDriverMessage } from "./_check.ts";
import { Checksum } from "./checksum.ts";
import { type Answer, type AnswerType, CREDIT, Inbox } from "./_inbox.ts";
import { Inputs } from "./_inputs.ts";
import { Life } from "./_life.ts";
import { quoted, Violation } from "./_plain.ts";
import type { Pump } from "./_pump.ts";
import { Telling } from "./_telling.ts";
import type {
  Batch,
  CheckResult,
  DiscoveredTable,
  Driver,
  DriverHooks,
  DriverInput,
  DriverRows,
  DriverStart,
  DriverWrite,
} from "./driver.ts";
import {
  type Column,
  type DriverMessage,
  type HostMessage,
  PROTOCOL_VERSION,
  type TargetColumn,
} from "./protocol.ts";
import type { Capability, ComponentSpec, Mode } from "./spec.ts";

/** How long a driver may take to load and say that it is ready. */
const START_MS = 30_000;

/** What carries the messages. */
export interface Port {
  post(message: HostMessage, transfer?: Transferable[]): void;
  /** Whether the driver can be stopped at any moment: then a step whose time is over does not wait for it. */
  readonly stoppable: boolean;
  /**
   * The driver is done with: its worker may serve another step when `clean`, and ends otherwise. Resolves when
   * nothing of it is left that should not be.
   */
  release(clean: boolean): void | Promise<void>;
}

type Call = "start" | Mode | "check" | "discover" | "target" | "loaded";

/** One driver, started for one step. */
export class Session implements Driver {
  readonly #spec: ComponentSpec;
  readonly #start: DriverStart;
  readonly #hooks: DriverHooks;
  readonly #port: Port;
  readonly #inbox = new Inbox();
  readonly #inputs: Inputs;
  readonly #telling: Telling;
  readonly #life: Life;
  readonly #onAbort = () => this.#cancel();
  #call: Call | undefined;
  /** While a driver starts that was asked already. */
  #ready: Promise<void> | undefined;
  #next: Call | undefined;

  constructor(spec: ComponentSpec, start: DriverStart, hooks: DriverHooks, port: Port) {
    this.#spec = spec;
    this.#start = start;
    this.#hooks = hooks;
    this.#port = port;
    this.#inputs = new Inputs({
      post: (message, transfer) => this.#post(message, transfer),
      fail: (error) => this.#abandon(error),
    });
    this.#telling = new Telling(hooks);
    this.#life = new Life(start.step, hooks, {
      fail: (reason) => this.#inbox.fail(reason),
      release: (clean) => this.#letGo(clean),
    });
  }

  /**
   * Starts the driver for the step and waits until it is ready. A driver whose rows the engine carries is asked
   * at once: one of its few messages to and fro is spared, which is felt where there are a thousand steps.
   */
  async open(): Promise<this> {
    const { signal } = this.#hooks;
    this.#begin("start");
    if (signal?.aborted === true) this.#cancel();
    else signal?.addEventListener("abort", this.#onAbort, { once: true });
    this.#post({ type: "start", protocol: PROTOCOL_VERSION, component: this.#spec.name, ...this.#start });
    const ready = this.#becomesReady();
    if (this.#spec.carries === "driver") await ready;
    else {
      ready.catch(() => {}); // whoever asks hears of it
      this.#ready = ready;
    }
    return this;
  }

  async #becomesReady(): Promise<void> {
    const timer = setTimeout(
      () => this.#fail("DRV405", `it was not ready after ${START_MS / 1000} s`),
      START_MS,
    );
    try {
      const { protocol } = await this.#expect("ready");
      if (protocol !== PROTOCOL_VERSION) {
        const said =
          `it speaks version ${protocol} of the protocol, and should speak version ${PROTOCOL_VERSION}`;
        throw this.#fail("DRV403", said, "update the component or Osiris");
      }
    } finally {
      clearTimeout(timer);
    }
    this.#hooks.onReady?.();
    this.#ready = undefined;
    this.#call = this.#next;
    if (this.#call === undefined) this.#done();
  }

  async check(): Promise<CheckResult> {
    this.#demandCapability("check");
    this.#begin("check");
    this.#post({ type: "check" });
    const { type: _, ...result } = await this.#answer("checked");
    this.#done();
    return result;
  }

  async discover(
    { scope, samples = 0, profile = false }: { scope?: string; samples?: number; profile?: boolean } = {},
  ): Promise<readonly DiscoveredTable[]> {
    this.#demandCapability("discover");
    this.#begin("discover");
    this.#post({ type: "discover", scope: scope ?? null, samples, profile });
    const { tables } = await this.#answer("discovered");
    this.#done();
    return tables;
  }

  async read(
    request: { cursor?: unknown; columns?: readonly string[]; limit?: number } = {},
  ): Promise<DriverRows> {
    this.#demandMode("read");
    this.#begin("read");
    const { cursor = null, columns = null, limit = null } = request;
    this.#post({ type: "read", cursor, columns, limit });
    return await this.#rows();
  }

  async target(schema: readonly Column[]): Promise<readonly TargetColumn[] | null> {
    this.#demandMode("write");
    this.#demandCapability("contract");
    this.#begin("target");
    this.#post({ type: "target", schema: plainColumns(schema) });
    const { columns } = await this.#answer("target");
    this.#done();
    return columns;
  }

  async loaded(loadId: string): Promise<number | null> {
    this.#demandMode("write");
    this.#begin("loaded");
    this.#post({ type: "loaded", load_id: loadId });
    const { rows } = await this.#answer("loaded");
    this.#done();
    return rows;
  }

  async transform(inputs: Readonly<Record<string, DriverInput>>): Promise<DriverRows> {
    this.#demandMode("transform");
    this.#begin("transform");
    for (const [name, input] of Object.entries(inputs)) {
      if (input.batches !== undefined) this.#inputs.add(name, () => input.batches!());
    }
    const schemas = Object.entries(inputs).map(([name, input]) => [name, plainColumns(input.columns)]);
    this.#post({ type: "transform", inputs: Object.fromEntries(schemas) });
    return await this.#rows();
  }

  async write(
    schema: readonly Column[],
    options: Parameters<Driver["write"]>[1],
  ): Promise<DriverWrite> {
    this.#demandMode("write");
    this.#begin("write");
    const pump = this.#inputs.addWritten(options);
    const { mode = null, keys = [], loadId = crypto.randomUUID(), pipeline = "", cursors = {} } = options;
    const { add, widen } = options.evolution ?? { add: [], widen: [] };
    const evolution = { add: plainColumns(add), widen: plainColumns(widen) };
    const load = { load_id: loadId, pipeline, evolution, cursors };
    this.#post({ type: "write", schema: plainColumns(schema), mode, keys, ...load });
    const answer = await this.#answer("relation", "staged");
    if (answer.type === "relation") return this.#relation(answer);
    if (answer.before === true && pump.started) {
      throw this.#violated("it took rows in that it says it had before");
    }
    if (answer.before === true) return this.#staged(answer.rows);
    if (!pump.ended) throw this.#violated("it was done before it had been given every row");
    if (answer.rows !== pump.rows) {
      throw this.#violated(`it took ${answer.rows} rows in, and should have taken ${pump.rows}`);
    }
    return this.#staged(answer.rows);
  }

  #staged(rows: number): DriverWrite {
    return { kind: "staged", rows, commit: () => this.#commit(), abort: () => this.#abort() };
  }

  /** Takes a raw message of the driver. */
  receive(raw: unknown): void {
    if (this.#life.isOver) return;
    try {
      this.#take(checkDriverMessage(raw));
    } catch (error) {
      if (error instanceof Violation) this.#violated(error.message);
      else this.#life.end(error);
    }
  }

  /** The driver's worker is gone, or broken. */
  lost(reason: string): void {
    this.died(reason === "" ? "it stopped" : `it stopped: ${quoted(reason).slice(1, -1)}`);
  }

  /** The driver is no more. */
  died(what: string, { code, help }: { code?: Code; help?: string } = {}): void {
    if (this.#life.isOver) return;
    this.#fail(code ?? (this.#call === "start" ? "DRV405" : "DRV404"), what, help);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#life.isOpen) {
      if (this.#call === undefined) this.#life.close(true);
      else this.#cancel();
    }
    await this.#life.over;
    await this.#life.released;
    await this.#inputs.stop();
  }

  /** The answer to a read or transform: a relation, or the beginning of batches. */
  async #rows(): Promise<DriverRows> {
    const answer = await this.#answer("relation", "schema", "bytes");
    if (answer.type === "relation") return this.#relation(answer);
    const { columns } = answer;
    if (answer.type === "schema") return { kind: "batches", columns, batches: this.#batches() };
    if (this.#call !== "read") throw this.#violated(`it answered a ${this.#call} with 'bytes'`);
    return { kind: "bytes", columns, nullText: answer.null_text, pieces: this.#batches(false) };
  }

  #relation(
    answer: Extract<Answer, { type: "relation" }>,
  ): { kind: "relation"; relation: typeof answer.relation } {
    const { relation } = answer;
    if (this.#inputs.started) {
      throw this.#violated("it answered with a relation after it had asked for rows");
    }
    const writes = relation.kind === "copy" || relation.kind === "load";
    if (writes !== (this.#call === "write")) {
      throw this.#violated(`it answered a ${this.#call} with a '${relation.kind}'`);
    }
    this.#done();
    // Nothing is left to ask of a driver whose rows the engine carries: the next step may have its worker.
    if (this.#spec.carries === "engine") this.#life.close(true);
    return { kind: "relation", relation };
  }

  /** `counted`: each batch says how many rows it has; those of a text are only known at its end. */
  async *#batches(counted = true): AsyncGenerator<Batch, { rows: number; cursor: unknown }, void> {
    const sum = new Checksum();
    let rows = 0;
    let done = false;
    try {
      // Of an earlier call some may be left, and used already.
      if (this.#inbox.batchesDue < CREDIT) this.#grant(CREDIT - this.#inbox.batchesDue);
      while (true) {
        const answer = await this.#answer("batch", "end");
        if (answer.type === "end") {
          if (counted && answer.rows !== rows) {
            throw this.#violated(`it sent ${rows} rows and says they are ${answer.rows}`);
          }
          if (answer.checksum !== sum.value) {
            throw this.#violated("the checksum it gives is not that of the bytes that arrived");
          }
          done = true;
          await this.#inputs.finish();
          this.#done();
          return { rows: answer.rows, cursor: answer.cursor };
        }
        if (!counted && answer.rows !== 0) throw this.#violated("it counts rows in a piece of a text");
        rows += answer.rows;
        sum.add(answer.data);
        yield { data: answer.data, rows: answer.rows };
        this.#grant(1);
      }
    } finally {
      if (!done) this.#cancel();
    }
  }

  async #commit(): Promise<void> {
    this.#demandOpen();
    this.#post({ type: "commit" });
    await this.#answer("committed");
    await this.#inputs.finish();
    this.#done();
  }

  /** Undoes what was staged; a driver that does not answer in time is ended all the same. */
  async #abort(): Promise<void> {
    if (this.#life.isOver) return;
    this.#post({ type: "abort" });
    this.#life.leave(new OsirisError("DRV406", this.#said("it was told to undo what it had staged")));
    await this.#life.over;
  }

  #take(message: DriverMessage): void {
    switch (message.type) {
      case "log":
      case "event":
      case "metric":
        return this.#telling.tell(message);
      case "progress":
        return this.#hooks.onProgress?.(message.rows);
      case "used":
        return this.#hooks.onUsed?.(message);
      case "error":
        return this.#life.end(OsirisError.from(this.#ownFailure(message.failure)));
      case "accepts":
        return this.#life.isOpen ? this.#accept(message) : undefined;
      case "credit":
        return this.#life.isOpen ? this.#pump(message.input).grant(message.batches) : undefined;
      default:
        return this.#life.isOpen ? this.#deliver(message) : this.#takeLast(message);
    }
  }

  /** What a driver says went wrong. Whether a run was interrupted is not for it to say. */
  #ownFailure(failure: Failure): Failure {
    const message = this.#said(failure.message);
    const interrupted = failure.category === "interrupted" && this.#life.isOpen;
    return interrupted ? { ...failure, code: "DRV401", category: "run", message } : { ...failure, message };
  }

  #deliver(message: Answer): void {
    if (this.#call === undefined) throw new Violation(`'${message.type}' when nothing had been asked`);
    if (
      this.#spec.carries === "engine" &&
      (message.type === "schema" || message.type === "bytes" || message.type === "staged")
    ) {
      throw new Violation("it moves rows itself, and its spec says that the engine carries them");
    }
    this.#inbox.put(message);
  }

  /** After a cancel only the end of the call is awaited. */
  #takeLast(message: Answer): void {
    if (!UNENDING.has(message.type)) this.#life.close(false);
  }

  async #answer<T extends AnswerType>(...expected: T[]): Promise<Extract<Answer, { type: T }>> {
    await this.#ready;
    return await this.#expect(...expected);
  }

  async #expect<T extends AnswerType>(...expected: T[]): Promise<Extract<Answer, { type: T }>> {
    this.#demandOpen();
    const message = this.#inbox.take() ?? await this.#inbox.wait();
    if ((expected as AnswerType[]).includes(message.type)) return message as Extract<Answer, { type: T }>;
    throw this.#violated(
      `it answered '${message.type}' where ${expected.map((each) => `'${each}'`).join(" or ")} should be`,
    );
  }

  #pump(input: string): Pump {
    const pump = this.#inputs.get(input);
    if (pump === undefined || this.#call === undefined) {
      throw new Violation(`credit for the unknown input ${quoted(input)}`);
    }
    if (this.#spec.carries === "engine") {
      throw new Violation("it asks for rows, and its spec says that the engine carries them");
    }
    return pump;
  }

  #accept(message: Extract<DriverMessage, { type: "accepts" }>): void {
    if (this.#call !== "write" || this.#pump(message.input).started || this.#inputs.asText) {
      throw new Violation("it asks for a text when rows are on their way already");
    }
    this.#inputs.accept(message);
  }

  #grant(batches: number): void {
    this.#inbox.grant(batches);
    this.#post({ type: "credit", batches });
  }

  #post(message: HostMessage, transfer?: Transferable[]): void {
    if (!this.#life.isOver) this.#port.post(message, transfer);
  }

  #begin(call: Call): void {
    this.#demandOpen();
    const under = this.#next ?? this.#call;
    if (under !== undefined && (under !== "start" || this.#ready === undefined)) {
      throw new OsirisError("DRV407", this.#said(`it was asked to ${call} during a ${under}`));
    }
    if (under === undefined) this.#call = call;
    else this.#next = call;
  }

  /** The call has its answer; there is only one. */
  #done(): void {
    const more = this.#inbox.first;
    if (more !== undefined) throw this.#violated(`it answered '${more.type}' after its final answer`);
    this.#call = undefined;
    this.#next = undefined;
  }

  #demandOpen(): void {
    if (this.#life.failure !== undefined) throw this.#life.failure;
    if (!this.#life.isOpen) throw new OsirisError("DRV407", this.#said("it was asked after its end"));
  }

  #demandMode(mode: Mode): void {
    if (!this.#spec.modes.includes(mode)) throw new OsirisError("DRV407", this.#said(`it cannot ${mode}`));
  }

  #demandCapability(capability: Capability): void {
    if (this.#spec.capabilities.includes(capability)) return;
    throw new OsirisError("DRV407", this.#said(`it cannot ${capability}`));
  }

  #violated(what: string): OsirisError {
    return this.#fail("DRV402", what, "this is a fault of the component; tell its author");
  }

  #fail(code: Code, what: string, help?: string): OsirisError {
    const failure = new OsirisError(code, this.#said(what), { help, step: this.#start.step });
    this.#life.end(failure);
    return failure;
  }

  #said(what: string): string {
    return `Cannot run ${this.#spec.name} in step '${this.#start.step}': ${what}`;
  }

  /** Tells the driver to stop and gives it a little time to clean up; its caller is told at once. */
  #cancel(): void {
    if (!this.#life.isOpen) return;
    this.#post({ type: "cancel" });
    const reason: unknown = this.#hooks.signal?.reason;
    const cancelled = new OsirisError("DRV406", this.#said("it was cancelled"), { category: "interrupted" });
    this.#life.leave(reason instanceof OsirisError ? reason : cancelled);
    if (this.#port.stoppable && isTimeout(reason)) this.#life.close(false);
  }

  /** What feeds the driver failed: it is not at fault, and gets its time to clean up. */
  #abandon(error: unknown): void {
    if (!this.#life.isOpen) return;
    this.#post({ type: "cancel" });
    this.#life.leave(error);
  }

  #letGo(clean: boolean): void | Promise<void> {
    this.#hooks.signal?.removeEventListener("abort", this.#onAbort);
    this.#inputs.stop();
    return this.#port.release(clean);
  }
}

/** What may come before the end of a call. */
const UNENDING: ReadonlySet<AnswerType> = new Set<AnswerType>(["batch", "schema", "bytes", "staged"]);

function isTimeout(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === "TimeoutError";
}

function plainColumns(columns: readonly Column[]): Column[] {
  return columns.map(({ name, type }) => ({ name, type }));
}

import { Checksum } from "./checksum.ts";
import type { Batch } from "./driver.ts";
import { MAX_CREDIT } from "./protocol.ts";
import { Violation } from "./_plain.ts";

/** Where a pump puts what it moves. */
export interface PumpOutlet {
  batch(batch: Batch): void;
  end(rows: number, checksum: number): void;
  fail(error: unknown): void;
}

/**
 * Moves batches from a source as far as there is credit for them. Nothing is asked of the source
 * before the first credit, and no batch is taken from it that could not be sent at once. A source that
 * returns a number has counted its rows itself.
 */
export class Pump {
  #credit = 0;
  #stopped = false;
  #running: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  readonly #sum = new Checksum();
  /** Rows sent so far. */
  rows = 0;
  /** Whether everything was sent. */
  ended = false;
  readonly #source: () => AsyncIterable<Batch>;
  readonly #outlet: PumpOutlet;

  constructor(source: () => AsyncIterable<Batch>, outlet: PumpOutlet) {
    this.#source = source;
    this.#outlet = outlet;
  }

  /** Whether any credit was given. */
  get started(): boolean {
    return this.#running !== undefined;
  }

  /** Lets `batches` more be sent. */
  grant(batches: number): void {
    this.#credit += batches;
    if (this.#credit > MAX_CREDIT) {
      throw new Violation(`credit for more than ${MAX_CREDIT} batches at a time`);
    }
    this.#wake?.();
    this.#running ??= this.#run();
  }

  /** Sends nothing more and lets the source go. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake?.();
    await this.#running;
  }

  async #run(): Promise<void> {
    try {
      const batches = this.#source()[Symbol.asyncIterator]();
      while (await this.#mayTake()) {
        const next = await batches.next();
        if (this.#stopped) break;
        if (next.done === true) {
          this.ended = true;
          if (typeof next.value === "number") this.rows = next.value;
          return this.#outlet.end(this.rows, this.#sum.value);
        }
        this.#credit--;
        this.rows += next.value.rows;
        this.#sum.add(next.value.data);
        this.#outlet.batch(next.value);
      }
      await batches.return?.();
    } catch (error) {
      if (!this.#stopped) this.#outlet.fail(error);
    }
  }

  async #mayTake(): Promise<boolean> {
    while (this.#credit === 0 && !this.#stopped) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    return !this.#stopped;
  }
}

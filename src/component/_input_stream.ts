/** One input of a driver, as it arrives: in batches or as the pieces of a text, whole or not at all. @module */

import { OsirisError } from "../diagnostic.ts";
import { Checksum } from "./checksum.ts";
import type { InputBatch } from "./_decode.ts";
import type { Input } from "./_definition.ts";
import type { Row } from "./_emission.ts";
import type { Column, HostMessage } from "./protocol.ts";

/** Batches that may be under way to an input. */
const INPUT_CREDIT = 8;

type Message<T extends HostMessage["type"]> = Extract<HostMessage, { type: T }>;

/** Opens a batch. */
export type Decode = (columns: readonly Column[], data: Uint8Array) => InputBatch;

/** Batches as they arrive. */
export class InputStream implements Input {
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

/** Why a step's work ends early. */
export function cancelled(): OsirisError {
  return new OsirisError("DRV406", "it was cancelled", { category: "interrupted" });
}

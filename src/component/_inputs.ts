/** What a driver is given during one call: each input is pumped to it as far as it gives credit. @module */

import { Violation } from "./_plain.ts";
import { Pump } from "./_pump.ts";
import type { Batch, Driver } from "./driver.ts";
import { type DriverMessage, type HostMessage, WRITE_INPUT } from "./protocol.ts";

type Accepts = Extract<DriverMessage, { type: "accepts" }>;

/** Where rows go, and who is told when there are none any more because of an error. */
export interface InputsOutlet {
  post(message: HostMessage, transfer?: Transferable[]): void;
  fail(error: unknown): void;
}

export class Inputs {
  readonly #pumps = new Map<string, Pump>();
  readonly #outlet: InputsOutlet;
  #mayAccept = false;
  #accepted: Accepts | undefined;

  constructor(outlet: InputsOutlet) {
    this.#outlet = outlet;
  }

  /** Whether the driver asked for rows of any. */
  get started(): boolean {
    return [...this.#pumps.values()].some((pump) => pump.started);
  }

  /** Whether the driver asked for the rows it writes as a text. */
  get asText(): boolean {
    return this.#accepted !== undefined;
  }

  get(name: string): Pump | undefined {
    return this.#pumps.get(name);
  }

  /** An input in batches. */
  add(name: string, source: () => AsyncIterable<Batch>): Pump {
    const pump = new Pump(source, {
      batch: ({ data, rows }) => {
        const whole = data.byteLength === data.buffer.byteLength && data.buffer instanceof ArrayBuffer;
        const own = whole ? data : data.slice();
        this.#outlet.post({ type: "batch", input: name, data: own, rows }, [own.buffer as ArrayBuffer]);
      },
      end: (rows, checksum) => this.#outlet.post({ type: "end", input: name, rows, checksum }),
      fail: (error) => this.#outlet.fail(error),
    });
    this.#pumps.set(name, pump);
    return pump;
  }

  /** The rows of a write: in batches, or as a text if the driver asks for it and there is one. */
  addWritten(rows: Pick<Parameters<Driver["write"]>[1], "batches" | "bytes">): Pump {
    this.#mayAccept = rows.bytes !== undefined;
    return this.add(WRITE_INPUT, () => {
      const accepted = this.#accepted;
      this.#accepted = undefined;
      if (accepted === undefined) return rows.batches();
      return piecesOf(rows.bytes!(accepted.null_text, accepted.as_written ?? false));
    });
  }

  /** The driver asks for a text before it asks for rows. */
  accept(message: Accepts): void {
    if (!this.#mayAccept) throw new Violation("it asks for a text, and there are only batches");
    this.#accepted = message;
  }

  /** Sends nothing more. */
  async stop(): Promise<void> {
    await Promise.all([...this.#pumps.values()].map((pump) => pump.stop()));
  }

  /** The call is over, and its inputs with it. */
  async finish(): Promise<void> {
    await this.stop();
    this.#pumps.clear();
  }
}

/** A text as a pump moves it: in batches without rows, which its end counts. */
async function* piecesOf(
  text: AsyncGenerator<Uint8Array, number, void>,
): AsyncGenerator<Batch, number, void> {
  let next = await text.next();
  try {
    for (; next.done !== true; next = await text.next()) yield { data: next.value, rows: 0 };
  } finally {
    if (next.done !== true) await text.return(0);
  }
  return next.value;
}

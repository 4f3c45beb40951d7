import type { Column } from "./protocol.ts";

/** What a relayed text came to. */
export interface Relayed {
  /** How many rows the source says it gave. */
  readonly rows: number;
  /** The cursor of the next run. */
  readonly cursor?: unknown;
}

/** A source's own bytes, on their way to the engine as they are. */
export class Relay {
  constructor(
    readonly columns: readonly Column[],
    readonly nullText: string,
    /** The pieces of the text, each a buffer of its own: they are handed over. */
    readonly pieces: () => AsyncGenerator<Uint8Array<ArrayBuffer>, Relayed, void>,
  ) {}
}

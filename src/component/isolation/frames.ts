/**
 * Messages through a pipe: `[u32 length][u32 length of the JSON][JSON][payload]`, little-endian.
 *
 * What must stay true: a reader never waits for, or makes room for, more than the caps allow, whatever the
 * other side claims; a frame that is not whole is an error, never a shorter frame.
 *
 * @module
 */

/** Most bytes of a frame's JSON. */
export const MAX_JSON_BYTES = 67_108_864;
/** Most bytes of a frame's payload. */
const MAX_PAYLOAD_BYTES = 1_073_741_824;
const HEAD = 8;
/** How much is read at a time. Deno clears and copies all of the room that a read is given, so it follows what comes. */
const LEAST_ROOM = 65_536, MOST_ROOM = 1_048_576;
/** A payload up to here is sent with its head in one piece. */
const SMALL = 16_384;

/** One message: its plain part as JSON, and the bytes of a batch. */
export interface Frame {
  readonly json: string;
  readonly payload?: Uint8Array<ArrayBuffer>;
}

/** Bytes that are no frame. The text says what is wrong with them. */
export class BrokenFrame extends Error {
  override readonly name = "BrokenFrame";
}

/** The pieces to write for a frame, in order. */
export function framePieces({ json, payload }: Frame): Uint8Array<ArrayBuffer>[] {
  const text = new TextEncoder().encode(json);
  const size = payload?.byteLength ?? 0;
  const together = size <= SMALL ? size : 0;
  const piece = new Uint8Array(HEAD + text.byteLength + together);
  const head = new DataView(piece.buffer);
  head.setUint32(0, 4 + text.byteLength + size, true);
  head.setUint32(4, text.byteLength, true);
  piece.set(text, HEAD);
  if (payload === undefined || size === 0) return [piece];
  if (together === 0) return [piece, payload];
  piece.set(payload, HEAD + text.byteLength);
  return [piece];
}

/** Reads frames from a stream of bytes. */
export class FrameReader {
  readonly #reader: ReadableStreamBYOBReader;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  /** What was read and not yet taken. */
  #chunk: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #room = LEAST_ROOM;

  constructor(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
    this.#reader = stream.getReader({ mode: "byob" });
  }

  /** The next frame; undefined at the end of the stream. Throws a {@linkcode BrokenFrame}. */
  async next(): Promise<Frame | undefined> {
    if (this.#chunk.byteLength === 0 && !await this.#more()) return undefined;
    const head = await this.#take(HEAD);
    const view = new DataView(head.buffer, head.byteOffset, HEAD);
    const json = view.getUint32(4, true);
    const payload = view.getUint32(0, true) - 4 - json;
    if (payload < 0) throw new BrokenFrame("a frame is shorter than its JSON");
    if (json > MAX_JSON_BYTES) throw new BrokenFrame(`a frame's JSON has more than ${MAX_JSON_BYTES} bytes`);
    if (payload > MAX_PAYLOAD_BYTES) {
      throw new BrokenFrame(`a frame's payload has more than ${MAX_PAYLOAD_BYTES} bytes`);
    }
    const text = this.#decoded(await this.#take(json));
    return payload === 0 ? { json: text } : { json: text, payload: await this.#own(payload) };
  }

  #decoded(bytes: Uint8Array): string {
    try {
      return this.#decoder.decode(bytes);
    } catch {
      throw new BrokenFrame("a frame's JSON is not UTF-8");
    }
  }

  /** The next `size` bytes, valid until the next call. */
  async #take(size: number): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#chunk.byteLength < size && size <= LEAST_ROOM) {
      while (this.#chunk.byteLength < size) if (!await this.#more()) throw cut();
    }
    if (this.#chunk.byteLength < size) return await this.#own(size);
    const taken = this.#chunk.subarray(0, size);
    this.#chunk = this.#chunk.subarray(size);
    return taken;
  }

  /** The next `size` bytes in a buffer of their own. */
  async #own(size: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(size);
    for (let done = 0; done < size;) {
      if (this.#chunk.byteLength === 0 && !await this.#more()) throw cut();
      const part = this.#chunk.subarray(0, size - done);
      bytes.set(part, done);
      done += part.byteLength;
      this.#chunk = this.#chunk.subarray(part.byteLength);
    }
    return bytes;
  }

  /** Reads more into the chunk; false at the end. */
  async #more(): Promise<boolean> {
    const { value, done } = await this.#reader.read(new Uint8Array(this.#room));
    if (done || value === undefined) return false;
    if (value.byteLength === this.#room) this.#room = Math.min(MOST_ROOM, this.#room * 2);
    else if (value.byteLength < this.#room / 2) this.#room = Math.max(LEAST_ROOM, this.#room / 2);
    if (this.#chunk.byteLength === 0) this.#chunk = value;
    else {
      const joined = new Uint8Array(this.#chunk.byteLength + value.byteLength);
      joined.set(this.#chunk);
      joined.set(value, this.#chunk.byteLength);
      this.#chunk = joined;
    }
    return true;
  }
}

function cut(): BrokenFrame {
  return new BrokenFrame("the pipe ended in the middle of a frame");
}

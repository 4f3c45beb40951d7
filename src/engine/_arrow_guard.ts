/**
 * Whether bytes are a well-formed Arrow IPC stream, before the decoder believes them: a length in a damaged
 * or hostile batch could otherwise keep it busy for ever.
 *
 * The layout is that of Arrow's `Message.fbs` and `Schema.fbs` (https://arrow.apache.org/docs/format/Columnar.html).
 *
 * @module
 */

/** Rows and items a batch may claim without bytes that show them. */
export const LARGEST_BATCH = 1 << 24;
const MOST_TABLES = 200_000;
const DEEPEST = 64;

const MESSAGE = { headerType: 1, header: 2, bodyLength: 3, metadata: 4 } as const;
const HEADER = { schema: 1, dictionary: 2, batch: 3 } as const;

/** Throws where the bytes are not what they claim to be. */
export function guardArrow(data: Uint8Array): void {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let at = 0;
  let messages = 0;
  while (at + 4 <= data.length) {
    let length = view.getInt32(at, true);
    at += 4;
    if (length === -1) {
      if (at + 4 > data.length) throw new RangeError("it ends inside a message");
      length = view.getInt32(at, true);
      at += 4;
    }
    if (length === 0) return;
    if (length < 8 || at + length > data.length) throw new RangeError("it ends inside a message");
    const flat = new Flat(new DataView(data.buffer, data.byteOffset + at, length), data.length);
    at += length;
    const body = flat.message();
    if (body < 0 || at + body > data.length) throw new RangeError("it ends inside a message");
    at += body;
    if (++messages > MOST_TABLES) throw new RangeError("it has too many messages");
  }
  if (messages === 0) throw new RangeError("it holds no message");
}

/** One FlatBuffer. */
class Flat {
  #tables = 0;

  constructor(readonly view: DataView, readonly total: number) {}

  /** Checks the message; gives the length of its body. */
  message(): number {
    const root = this.#table(this.#u32(0));
    this.#pairs(root, MESSAGE.metadata);
    const kind = this.#field(root, MESSAGE.headerType);
    const header = this.#child(root, MESSAGE.header);
    if (kind !== undefined && header !== undefined) {
      const type = this.view.getUint8(kind);
      if (type === HEADER.schema) this.#schema(header);
      else if (type === HEADER.batch) this.#batch(header);
      else if (type === HEADER.dictionary) {
        const batch = this.#child(header, 1);
        if (batch !== undefined) this.#batch(batch);
      }
    }
    const body = this.#field(root, MESSAGE.bodyLength);
    return body === undefined ? 0 : Number(this.view.getBigInt64(body, true));
  }

  #schema(table: number): void {
    this.#pairs(table, 2);
    this.#vector(table, 3, 8);
    for (const field of this.#list(table, 1)) this.#column(field, 0);
  }

  #column(table: number, depth: number): void {
    if (depth > DEEPEST) throw new RangeError("its types are nested too deeply");
    this.#text(table, 0);
    this.#pairs(table, 6);
    const type = this.#child(table, 3);
    if (type !== undefined) this.#type(table, type);
    this.#child(table, 4);
    for (const child of this.#list(table, 5)) this.#column(child, depth + 1);
  }

  /** Of all types a union has a list and a timestamp a text. */
  #type(field: number, type: number): void {
    const at = this.#field(field, 2);
    const id = at === undefined ? 0 : this.view.getUint8(at);
    if (id === 14) this.#vector(type, 1, 4);
    if (id === 10) this.#text(type, 1);
  }

  #batch(table: number): void {
    const most = BigInt(Math.max(LARGEST_BATCH, this.total * 8));
    const nodes = this.#vector(table, 1, 16);
    for (let i = 0; i < nodes.length; i++) {
      const length = this.view.getBigInt64(nodes.start + i * 16, true);
      if (length < 0n || length > most) throw new RangeError(`it claims ${length} rows`);
    }
    const buffers = this.#vector(table, 2, 16);
    const variadic = this.#vector(table, 4, 8);
    for (let i = 0; i < variadic.length; i++) {
      const count = this.view.getBigInt64(variadic.start + i * 8, true);
      if (count < 0n || count > BigInt(buffers.length)) {
        throw new RangeError("it claims more buffers than it has");
      }
    }
  }

  #pairs(table: number, field: number): void {
    for (const pair of this.#list(table, field)) {
      this.#text(pair, 0);
      this.#text(pair, 1);
    }
  }

  #list(table: number, field: number): number[] {
    const { start, length } = this.#vector(table, field, 4);
    return Array.from({ length }, (_, i) => this.#table(start + i * 4 + this.#u32(start + i * 4)));
  }

  #text(table: number, field: number): void {
    this.#vector(table, field, 1);
  }

  #vector(table: number, field: number, stride: number): { start: number; length: number } {
    const at = this.#field(table, field);
    if (at === undefined) return { start: 0, length: 0 };
    const vector = at + this.#u32(at);
    const length = this.#u32(vector);
    if (vector + 4 + length * stride > this.view.byteLength) {
      throw new RangeError("a list is longer than the message");
    }
    return { start: vector + 4, length };
  }

  #child(table: number, field: number): number | undefined {
    const at = this.#field(table, field);
    return at === undefined ? undefined : this.#table(at + this.#u32(at));
  }

  /** A table that lies inside the message, as does its list of fields. */
  #table(at: number): number {
    if (++this.#tables > MOST_TABLES) throw new RangeError("it has too many parts");
    const fields = at - this.view.getInt32(at, true);
    const size = this.view.getUint16(fields, true);
    if (fields < 0 || fields + size > this.view.byteLength) {
      throw new RangeError("a part lies outside the message");
    }
    return at;
  }

  #field(table: number, index: number): number | undefined {
    const fields = table - this.view.getInt32(table, true);
    const slot = 4 + index * 2;
    if (slot + 2 > this.view.getUint16(fields, true)) return undefined;
    const offset = this.view.getUint16(fields + slot, true);
    return offset === 0 ? undefined : table + offset;
  }

  #u32(at: number): number {
    return this.view.getUint32(at, true);
  }
}

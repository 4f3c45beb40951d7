/** Rows that were given before, by the hash of what tells them; kept as 20 bytes each. @module */

/** How often a row was given, by its hash in hexadecimal digits; infinity where its key tells it for good. */
export type Seen = Map<string, number>;

const HASH = 16;
const ENTRY = HASH + 4;
const FOR_GOOD = 0xffff_ffff;

/** The rows as bytes, in an order of their own: equal sets are equal bytes. */
export function packed(seen: Seen): Uint8Array {
  const bytes = new Uint8Array(seen.size * ENTRY);
  const view = new DataView(bytes.buffer);
  [...seen].sort(([a], [b]) => (a < b ? -1 : 1)).forEach(([id, count], i) => {
    for (let at = 0; at < HASH; at++) bytes[i * ENTRY + at] = parseInt(id.slice(2 * at, 2 * at + 2), 16);
    view.setUint32(i * ENTRY + HASH, Math.min(count, FOR_GOOD));
  });
  return bytes;
}

/** What was packed. */
export function unpacked(bytes: Uint8Array): Seen {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const seen: Seen = new Map();
  for (let at = 0; at < bytes.byteLength; at += ENTRY) {
    let id = "";
    for (let i = 0; i < HASH; i++) id += bytes[at + i]!.toString(16).padStart(2, "0");
    const count = view.getUint32(at + HASH);
    seen.set(id, count === FOR_GOOD ? Infinity : count);
  }
  return seen;
}

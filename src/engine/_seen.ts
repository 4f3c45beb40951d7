/** Rows that were given before, by the hash of what tells them; kept as 20 bytes each. @module */

import { Buffer } from "node:buffer";

/** How often a row was given, by its hash in hexadecimal digits; infinity where its key tells it for good. */
export type Seen = Map<string, number>;

const HASH = 16;
const ENTRY = HASH + 4;
const FOR_GOOD = 0xffff_ffff;

/** The rows as bytes, in an order of their own: equal sets are equal bytes. */
export function packed(seen: Seen): Uint8Array {
  const ids = [...seen.keys()].sort();
  const hashes = Buffer.from(ids.join(""), "hex");
  const bytes = new Uint8Array(seen.size * ENTRY);
  const view = new DataView(bytes.buffer);
  ids.forEach((id, i) => {
    bytes.set(hashes.subarray(i * HASH, (i + 1) * HASH), i * ENTRY);
    view.setUint32(i * ENTRY + HASH, Math.min(seen.get(id)!, FOR_GOOD));
  });
  return bytes;
}

/** What was packed. */
export function unpacked(bytes: Uint8Array): Seen {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const hashes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const seen: Seen = new Map();
  for (let at = 0; at < bytes.byteLength; at += ENTRY) {
    const count = view.getUint32(at + HASH);
    seen.set(hashes.toString("hex", at, at + HASH), count === FOR_GOOD ? Infinity : count);
  }
  return seen;
}

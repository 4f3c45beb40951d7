import { found, locate } from "./column_writer.ts";
import type { RowText } from "./row_text.ts";

/** Text, which is UTF-8 on the wire. */
export function texts(bytes: Uint8Array, at: number, text: RowText): number {
  locate(bytes, at);
  text.quoted(bytes, found.start, found.end);
  return found.end;
}

/** Bytes. */
export function blobs(bytes: Uint8Array, at: number, text: RowText): number {
  locate(bytes, at);
  text.hexadecimal(bytes, found.start, found.end);
  return found.end;
}

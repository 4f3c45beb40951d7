import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { Sieve } from "./copy_connection.ts";

const LETTERS = "dddDCZNTS";

function message(letter: string, payload: Uint8Array): Buffer {
  const header = Buffer.alloc(5);
  header.write(letter);
  header.writeUInt32BE(4 + payload.byteLength, 1);
  return Buffer.concat([header, payload]);
}

/** Sends the messages in pieces of these lengths, in turns; gives the rows, and everything else. */
function parted(messages: readonly Buffer[], lengths: readonly number[]): { rows: Buffer; others: Buffer } {
  const rows: Buffer[] = [];
  const others: Buffer[] = [];
  const sieve = new Sieve((each) => rows.push(Buffer.from(each)), (each) => others.push(Buffer.from(each)));
  const all = Buffer.concat(messages);
  for (let at = 0, turn = 0; at < all.byteLength; turn++) {
    const end = at + lengths[turn % lengths.length]!;
    sieve.add(Uint8Array.from(all.subarray(at, end)));
    at = end;
  }
  return { rows: Buffer.concat(rows), others: Buffer.concat(others) };
}

Deno.test("Sieve parts the rows from the other messages, wherever they are cut", () => {
  fc.assert(fc.property(
    fc.array(fc.tuple(fc.constantFrom(...LETTERS), fc.uint8Array({ maxLength: 40 })), { maxLength: 30 }),
    fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 5 }),
    (given, lengths) => {
      const { rows, others } = parted(given.map(([letter, payload]) => message(letter, payload)), lengths);
      const isRow = ([letter]: (typeof given)[number]) => letter === "d";
      assert.deepEqual(rows, Buffer.concat(given.filter(isRow).map(([, payload]) => payload)));
      assert.deepEqual(
        others,
        Buffer.concat(
          given.filter((each) => !isRow(each)).map(([letter, payload]) => message(letter, payload)),
        ),
      );
    },
  ));
});

Deno.test("Sieve hands the library whole messages only", () => {
  const passed: number[] = [];
  const sieve = new Sieve(() => {}, (each) => passed.push(each.byteLength));
  const sent = message("N", Buffer.alloc(100_000));
  for (let at = 0; at < sent.byteLength; at += 1000) sieve.add(Uint8Array.from(sent.subarray(at, at + 1000)));
  assert.deepEqual(passed, [sent.byteLength]);
});

Deno.test("Sieve comes to an end with a length that cannot be", () => {
  const { others } = parted([Buffer.from([0x4e, 0, 0, 0, 0, 0x4e, 0, 0, 0, 4])], [3]);
  assert.equal(others.byteLength, 10);
});

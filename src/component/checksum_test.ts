import assert from "node:assert/strict";
import fc from "fast-check";
import { Checksum } from "./checksum.ts";

function sumOf(...batches: readonly Uint8Array[]): number {
  const sum = new Checksum();
  for (const batch of batches) sum.add(batch);
  return sum.value;
}

const bytes = fc.uint8Array({ minLength: 1, maxLength: 100 });

Deno.test("Checksum gives the same for the same batches, wherever they lie in memory", () => {
  fc.assert(fc.property(fc.array(bytes), fc.nat(7), (batches, offset) => {
    const moved = batches.map((batch) => {
      const room = new Uint8Array(batch.length + offset);
      room.set(batch, offset);
      return room.subarray(offset);
    });
    assert.equal(sumOf(...moved), sumOf(...batches));
  }));
});

Deno.test("Checksum gives another number when one bit of a batch is another", () => {
  fc.assert(fc.property(bytes, fc.nat(), fc.nat(7), (batch, at, bit) => {
    const other = batch.slice();
    other[at % other.length]! ^= 1 << bit;
    assert.notEqual(sumOf(other), sumOf(batch));
  }));
});

Deno.test("Checksum gives another number when batches are swapped, missing or joined", () => {
  fc.assert(fc.property(bytes, bytes, (first, second) => {
    fc.pre(first.join() !== second.join());
    const whole = sumOf(first, second);
    const joined = new Uint8Array([...first, ...second]);
    for (const other of [sumOf(second, first), sumOf(first), sumOf(joined)]) assert.notEqual(other, whole);
  }));
});

import assert from "node:assert/strict";
import { streamTo } from "./_terminal.ts";

function sink(writeSync: (bytes: Uint8Array) => number) {
  return { isTerminal: () => false, writeSync };
}

Deno.test("streamTo() writes all of a text, however little is taken at once", () => {
  let taken = "";
  const stream = streamTo(sink((bytes) => {
    taken += new TextDecoder().decode(bytes.subarray(0, 2));
    return Math.min(2, bytes.length);
  }));
  assert.equal(stream.write("hello"), true);
  assert.deepEqual([taken, stream.failure], ["hello", undefined]);
});

Deno.test("streamTo() says nothing of a reader that has gone, and remembers any other reason", () => {
  const full = Object.assign(new Error("No space left on device"), { code: "ENOSPC" });
  for (const [thrown, kept] of [[new Deno.errors.BrokenPipe("gone"), undefined], [full, full]] as const) {
    let tried = 0;
    const stream = streamTo(sink(() => {
      tried++;
      throw thrown;
    }));
    assert.deepEqual([stream.write("a"), stream.write("b")], [false, false]);
    assert.deepEqual([tried, stream.failure], [1, kept]);
  }
});

import assert from "node:assert/strict";
import fc from "fast-check";
import { BrokenFrame, type Frame, framePieces, FrameReader, MAX_JSON_BYTES } from "./frames.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A pipe that gives these pieces. */
function pipe(pieces: readonly Bytes[]): ReadableStream<Bytes> {
  const left = pieces.filter((piece) => piece.byteLength > 0).map((piece) => piece.slice());
  return new ReadableStream({
    type: "bytes",
    pull(controller) {
      const next = left.shift();
      if (next !== undefined) return controller.enqueue(next);
      controller.close();
      controller.byobRequest?.respond(0);
    },
  });
}

async function framesOf(pieces: readonly Bytes[]): Promise<Frame[]> {
  const reader = new FrameReader(pipe(pieces));
  const frames: Frame[] = [];
  for (let frame = await reader.next(); frame !== undefined; frame = await reader.next()) frames.push(frame);
  return frames;
}

function joined(pieces: readonly Bytes[]): Bytes {
  return new Uint8Array(pieces.flatMap((piece) => [...piece]));
}

function cutAt(bytes: Bytes, sizes: readonly number[]): Bytes[] {
  const pieces: Bytes[] = [];
  let done = 0;
  for (let i = 0; done < bytes.byteLength; i++) {
    const size = sizes[i % sizes.length]!;
    pieces.push(bytes.slice(done, done + size));
    done += size;
  }
  return pieces;
}

const anyFrame = fc.record({
  json: fc.string({ unit: "grapheme" }),
  payload: fc.uint8Array({ minLength: 1, maxLength: 200 }) as fc.Arbitrary<Bytes>,
}, { requiredKeys: ["json"], noNullPrototype: true });

Deno.test("FrameReader gives the frames that were written, however the pipe cuts them", async () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 10 });
  await fc.assert(fc.asyncProperty(fc.array(anyFrame), sizes, async (frames, sizes) => {
    const bytes = joined(frames.flatMap(framePieces));
    assert.deepEqual(await framesOf(cutAt(bytes, sizes)), frames);
  }));
});

Deno.test("FrameReader fills a large payload and leaves what follows", async () => {
  const payload = new Uint8Array(3_000_000).map((_, i) => i * 7);
  const frames = [{ json: "1", payload }, { json: "2" }];
  assert.deepEqual(await framesOf(cutAt(joined(frames.flatMap(framePieces)), [65_536, 1])), frames);
});

Deno.test("FrameReader refuses a pipe that ends within a frame, wherever it does", async () => {
  const bytes = joined(framePieces({ json: '{"a":1}', payload: new Uint8Array(9) }));
  for (let size = 1; size < bytes.byteLength; size++) {
    await assert.rejects(framesOf([bytes.slice(0, size)]), /ended in the middle of a frame/);
  }
});

function head(length: number, json: number): Bytes {
  return new Uint8Array(new Uint32Array([length, json]).buffer);
}

Deno.test("FrameReader believes no length beyond its caps", async () => {
  const cases: [Bytes, RegExp][] = [
    [head(4, 1), /shorter than its JSON/],
    [head(0, 0), /shorter than its JSON/],
    [head(0xffffffff, MAX_JSON_BYTES + 1), /JSON has more than/],
    [head(0xffffffff, 0), /payload has more than/],
    [joined([head(6, 2), new Uint8Array([0xff, 0xfe])]), /not UTF-8/],
  ];
  for (const [bytes, says] of cases) {
    await assert.rejects(framesOf([bytes]), (error) => {
      assert.ok(error instanceof BrokenFrame);
      assert.match(error.message, says);
      return true;
    });
  }
});

Deno.test("FrameReader takes random bytes as frames or refuses them, and nothing else", async () => {
  await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), async (bytes) => {
    await framesOf([bytes as Bytes]).catch((error) => assert.ok(error instanceof BrokenFrame, String(error)));
  }));
});

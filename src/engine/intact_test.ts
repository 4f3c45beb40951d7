import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { bench } from "./_testing.ts";

const ROWS = 200_000;
const text = `n,t\n${Array.from({ length: ROWS }, (_, i) => `${i},text ${i * 7919 % 1000}\n`).join("")}`;

Deno.test("a gzip or zstd source that was cut off anywhere is refused, and whole ones are read whole", async () => {
  await using b = await bench({ names: ["whole.csv.zst", "out.csv"] });
  b.file("plain.csv", text);
  const gzip = gzipSync(new TextEncoder().encode(text));
  b.file("whole.csv.gz", gzip);
  b.file("twice.csv.gz", new Uint8Array([...gzip, ...gzipSync(new TextEncoder().encode("7,seven\n"))]));
  await b.write(await b.scan("plain.csv"), "whole.csv.zst", { options: { compression: "zstd" } });
  const zstd = Deno.readFileSync(b.path("whole.csv.zst"));

  assert.equal((await b.engine.drain(await b.scan("whole.csv.gz"))).rows, ROWS);
  assert.equal((await b.engine.drain(await b.scan("twice.csv.gz"))).rows, ROWS + 1);
  assert.equal((await b.engine.drain(await b.scan("whole.csv.zst"))).rows, ROWS);

  for (const [name, bytes] of [["cut.csv.gz", gzip], ["cut.csv.zst", zstd]] as const) {
    for (const share of [0.1, 0.5, 0.9, 1 - 1 / bytes.length]) {
      b.file(name, bytes.subarray(0, Math.floor(bytes.length * share)));
      await assert.rejects(
        async () => await b.engine.drain(await b.scan(name)),
        /cut\.csv\.(gz|zst)/,
        `${name} at ${share}`,
      );
      await assert.rejects(
        async () => {
          for await (const _ of b.engine.stream(await b.scan(name)));
        },
        /cut\.csv\.(gz|zst)/,
        `${name} at ${share}, streamed`,
      );
    }
  }
});

import assert from "node:assert/strict";
import { Line } from "./_line.ts";

const never = () => Promise.reject(new Error("nothing should be made"));

Deno.test("Line serves first who came first, and says when nobody waits", async () => {
  const line = new Line<string>();
  const waiting = [line.join(never), line.join(never)];
  assert.deepEqual([line.offer("one"), line.offer("two"), line.offer("three")], [true, true, false]);
  assert.deepEqual(await Promise.all(waiting), ["one", "two"]);
});

Deno.test("Line lets one of those who wait too long make its own, and not all of them at once", async () => {
  const line = new Line<number>();
  let made = 0;
  const waiting = Array.from({ length: 5 }, () => line.join(() => Promise.resolve(++made)));
  assert.equal(await waiting[0], 1);
  assert.equal(made, 1);
  line.end("enough");
  const left = await Promise.allSettled(waiting.slice(1));
  assert.deepEqual(left.map((each) => each.status === "rejected" && each.reason), Array(4).fill("enough"));
});

Deno.test("Line tells who could not make one why", async () => {
  const line = new Line<number>();
  const waiting = line.join(() => Promise.reject(new Error("no luck")));
  line.makeOne();
  await assert.rejects(waiting, /no luck/);
});

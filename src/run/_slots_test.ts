import assert from "node:assert/strict";
import { Slots } from "./_slots.ts";

Deno.test("Slots never lets more through at once than it has, and serves in order", async () => {
  const slots = new Slots(2);
  const order: number[] = [];
  let [now, most] = [0, 0];
  await Promise.all(Array.from({ length: 9 }, (_, i) =>
    slots.use(async () => {
      most = Math.max(most, ++now);
      order.push(i);
      await new Promise((resolve) => setTimeout(resolve, 1));
      now--;
    })));
  assert.equal(most, 2);
  assert.deepEqual(order, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
});

Deno.test("Slots gives the place back when the work throws", async () => {
  const slots = new Slots(1);
  await assert.rejects(slots.use(() => Promise.reject(new Error("no"))));
  assert.equal(await slots.use(() => Promise.resolve(7)), 7);
});

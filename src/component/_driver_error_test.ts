import assert from "node:assert/strict";
import { DriverError, failureOf } from "./_driver_error.ts";

Deno.test("failureOf says in words what was thrown, whatever it is", () => {
  const said: readonly (readonly [thrown: unknown, message: string])[] = [
    [new Error("the server is busy"), "the server is busy"],
    [new TypeError("it is no list"), "TypeError: it is no list"],
    [new DriverError("no such table"), "no such table"],
    ["a text", "a text"],
    [new Error(""), "it threw Error without a message"],
    [new DriverError(" "), "it threw DriverError without a message"],
    [null, "it threw null, which is no error"],
    [undefined, "it threw undefined, which is no error"],
    ["", "it threw '', which is no error"],
    [7n, "it threw 7, which is no error"],
    [Symbol("s"), "it threw Symbol(s), which is no error"],
  ];
  for (const [thrown, message] of said) assert.equal(failureOf(thrown).message, message);
});

Deno.test("failureOf says which permission is missing, and where it is asked for", async () => {
  const ask = async (work: string) => {
    const url = `data:application/javascript,${
      encodeURIComponent(`try { await (${work}); } catch (e) { postMessage([e.name, e.message]); }`)
    }`;
    const worker = new Worker(url, { type: "module", deno: { permissions: "none" } });
    const { data: [name, message] } = await new Promise<MessageEvent>((done) => (worker.onmessage = done));
    worker.terminate();
    return failureOf(Object.assign(new Error(message), { name }));
  };
  for (
    const [work, message, key] of [
      [`Deno.readTextFile("/a, b/c")`, "it may not read '/a, b/c'", "read"],
      [`Deno.writeTextFile("/a", "")`, "it may not write '/a'", "write"],
      [`fetch("http://a.example:81/x?y=z")`, "it may not connect to 'a.example:81'", "net"],
    ] as const
  ) {
    const failure = await ask(work);
    assert.deepEqual([failure.message, failure.code], [message, "DRV401"]);
    assert.match(failure.help!, new RegExp(`permissions\\.${key};`));
  }
  for (const text of ["fetch is not defined", "Deno.readTextFile is not a function"]) {
    assert.match(failureOf(new TypeError(text)).help!, /a driver has (fetch|Deno\.readTextFile) only where/);
  }
  assert.equal(failureOf(new TypeError("rows is not defined")).help, undefined);
});

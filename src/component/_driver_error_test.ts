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

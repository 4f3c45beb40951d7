import assert from "node:assert/strict";
import colors from "picocolors";
import { OsirisError } from "../diagnostic.ts";
import { answerTo, jsonText, printAnswer, reportUnwritten } from "./_print.ts";
import type { Stream } from "./_terminal.ts";

function recording(): Stream & { text: string } {
  return {
    text: "",
    terminal: false,
    live: false,
    width: 100,
    style: colors.createColors(false),
    write(text: string) {
      this.text += text;
      return true;
    },
  };
}

async function printed(error: unknown, manner: { json?: boolean; debug?: boolean } = {}) {
  const [out, err] = [recording(), recording()];
  const whole = { json: false, quiet: false, debug: false, ...manner };
  const exit = await printAnswer("run", answerTo("run", error, whole.debug), whole, { out, err });
  return { exit, out: out.text, err: err.text };
}

Deno.test("printAnswer() says a failure with its help and gives its exit code", async () => {
  const error = new OsirisError("CON301", "Cannot reach \x1b[31m'db'", {
    category: "connection",
    help: "start it",
  });
  const { exit, out, err } = await printed(error);
  assert.deepEqual([exit, out], [3, ""]);
  assert.equal(err, "error[CON301]: Cannot reach \\e[31m'db'\n = help: start it\n");
});

Deno.test("printAnswer() puts one JSON document on standard output and nothing on standard error", async () => {
  const { exit, out, err } = await printed(new OsirisError("CLI801", "Cannot", { category: "usage" }), {
    json: true,
  });
  assert.deepEqual([exit, err], [2, ""]);
  const document = JSON.parse(out);
  assert.deepEqual(Object.keys(document), ["command", "exit_code", "diagnostics", "error"]);
  assert.equal(document.error.code, "CLI801");
});

Deno.test("answerTo() calls a fault of Osiris a fault of Osiris, with the stack only for --debug", async () => {
  const short = await printed(new TypeError("x is not a function"));
  assert.equal(short.exit, 1);
  assert.match(
    short.err,
    /^error\[BUG900\]: Cannot finish 'osiris run': Osiris itself is at fault \(TypeError: x is not/,
  );
  assert.match(short.err, /report it/);
  assert.doesNotMatch(short.err, /_print_test/);
  assert.match((await printed(new TypeError("x"), { debug: true })).err, /_print_test/);
});

Deno.test("answerTo() does not call a refusal of the system a fault of Osiris", async () => {
  for (
    const error of [
      new Deno.errors.PermissionDenied("logs"),
      Object.assign(new Error("write"), { code: "ENOSPC" }),
    ]
  ) {
    const { exit, err } = await printed(error);
    assert.equal(exit, 1);
    assert.match(err, /^error\[CLI810\]: Cannot finish 'osiris run': (it is not permitted|the disk is full)/);
  }
});

Deno.test("printAnswer() keeps results when quiet and leaves out what was done", async () => {
  const out = recording();
  const manner = { json: false, quiet: true, debug: false };
  await printAnswer("x", { document: {}, text: "result\n", note: "done\n" }, manner, {
    out,
    err: recording(),
  });
  assert.equal(out.text, "result\n");
});

Deno.test("jsonText() escapes what JSON leaves raw and a terminal obeys", () => {
  assert.equal(jsonText({ a: "\x1b\u009b\x7f" }), '{\n  "a": "\\u001b\\u009b\\u007f"\n}\n');
});

Deno.test("printAnswer() says what went wrong beside the work on standard error", async () => {
  const [out, err] = [recording(), recording()];
  const answer = { document: {}, text: "done\n", warnings: ["the run index cannot be written\x1b[31m"] };
  const exit = await printAnswer("run", answer, { json: false, quiet: true, debug: false }, { out, err });
  assert.deepEqual([exit, out.text, err.text], [
    0,
    "done\n",
    "warning: the run index cannot be written\\e[31m\n",
  ]);
});

Deno.test("reportUnwritten() names standard output and gives no exit code of success", () => {
  const full = Object.assign(new Error("No space left"), { code: "ENOSPC" });
  const err = recording();
  assert.equal(reportUnwritten("run", 0, { out: { ...recording(), failure: full }, err }), 1);
  assert.match(err.text, /^error\[CLI810\]: .*standard output cannot be written \(the disk is full\)\n/);
  assert.equal(reportUnwritten("run", 3, { out: { ...recording(), failure: full }, err }), 3);
  assert.equal(reportUnwritten("run", 0, { out: recording(), err }), 0);
});

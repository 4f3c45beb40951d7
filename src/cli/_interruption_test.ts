import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

/** A command that never comes to listen again after the first signal. */
const DEAF = `
  const { Interruption } = await import(${
  JSON.stringify(new URL("./_interruption.ts", import.meta.url).href)
});
  const interruption = new Interruption();
  interruption.signal.addEventListener("abort", () => setTimeout(() => {
    console.log("deaf");
    const since = Date.now();
    while (Date.now() - since < 20_000);
  }, 100));
  console.log("ready");
  setInterval(() => {}, 1000);
`;

Deno.test({
  name: "Interruption lets a second signal end a process that listens to nothing any more",
  ignore: Deno.build.os === "windows",
  async fn() {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["eval", `--config=${fileURLToPath(new URL("../../deno.json", import.meta.url))}`, DEAF],
      stdout: "piped",
    }).spawn();
    const words = child.stdout.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
    assert.equal((await words.next()).value, "ready\n");
    child.kill("SIGINT");
    assert.equal((await words.next()).value, "deaf\n");
    const asked = performance.now();
    child.kill("SIGINT");
    const { code } = await child.status;
    await words.return?.();
    assert.equal(code, 130);
    assert.ok(performance.now() - asked < 15_000, "it did not end at once");
  },
});

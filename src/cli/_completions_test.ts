import assert from "node:assert/strict";
import { completionScript } from "./_completions.ts";
import { COMMANDS } from "./_commands.ts";

const SHELLS = ["bash", "zsh", "fish", "powershell"] as const;

Deno.test("completionScript() knows every command and flag in every shell", () => {
  for (const shell of SHELLS) {
    const script = completionScript(shell, COMMANDS);
    for (const { name, flags } of COMMANDS) {
      for (const word of name.split(" ")) assert.ok(script.includes(word), `${shell}: ${word}`);
      for (const flag of Object.keys(flags)) {
        assert.ok(script.includes(flag.replaceAll("_", "-")), `${shell}: ${flag}`);
      }
    }
  }
});

/** What bash offers at the end of a command line. */
async function offered(...words: string[]): Promise<string[]> {
  const script = `${completionScript("bash", COMMANDS)}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _osiris; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = await new Deno.Command("bash", {
    args: ["-c", script, "bash", "osiris", ...words],
  }).output();
  assert.equal(new TextDecoder().decode(stderr), "");
  return new TextDecoder().decode(stdout).split("\n").filter(Boolean);
}

Deno.test({
  name: "completionScript() offers what fits in bash",
  ignore: Deno.build.os === "windows",
  async fn() {
    assert.deepEqual(await offered("lo"), ["logs"]);
    assert.deepEqual((await offered("logs", "")).slice(0, 3), ["list", "show", "tail"]);
    assert.deepEqual(await offered("--json", "--project", "logs", "oml", "v"), ["validate"]);
    assert.deepEqual(await offered("run", "--dry"), ["--dry-run"]);
    assert.deepEqual(await offered("completions", "po"), ["powershell"]);
    assert.deepEqual(await offered("run", "--profile", ""), []);
  },
});

import { deepEqual, equal, match } from "node:assert/strict";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const posix = Deno.build.os !== "windows";

/** A checkout at a path with spaces, whose program says what it was started with. */
function checkout(): { path: string; [Symbol.dispose](): void } {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "osiris test ")));
  const path = join(folder, "a checkout");
  mkdirSync(join(path, "scripts"), { recursive: true });
  for (const name of ["osiris", "_deno.sh"]) {
    copyFileSync(join(root, "scripts", name), join(path, "scripts", name));
  }
  writeFileSync(join(path, "deno.json"), "{}");
  writeFileSync(
    join(path, "main.ts"),
    `const { DENO_TLS_CA_STORE } = Deno.env.toObject();
     let evaluates = true;
     try { new Function(""); } catch { evaluates = false; }
     console.log(JSON.stringify({ args: Deno.args, cwd: Deno.cwd(), DENO_TLS_CA_STORE, evaluates }));
     Deno.exit(7);`,
  );
  return { path, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

async function start(script: string, options: { env?: Record<string, string>; args?: string[] } = {}) {
  const cwd = realpathSync(tmpdir());
  const { code, stdout, stderr } = await new Deno.Command(script, {
    args: options.args ?? [],
    cwd,
    clearEnv: true,
    env: { HOME: Deno.env.get("HOME") ?? cwd, PATH: pathWithDeno(), NO_COLOR: "1", ...options.env },
    stdin: "null",
  }).output();
  return { cwd, code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}

function pathWithDeno(): string {
  return [dirname(Deno.execPath()), "/usr/bin", "/bin"].join(delimiter);
}

Deno.test({
  name: "scripts/osiris hands on arguments, folder and exit code, through links and spaces",
  ignore: !posix,
  async fn() {
    using at = checkout();
    symlinkSync("a checkout/scripts/osiris", join(at.path, "..", "first link"));
    symlinkSync(join(at.path, "..", "first link"), join(at.path, "second link"));
    const args = ["run", "a b.oml", "--param", "x=1 2", "*"];
    for (const script of [join(at.path, "scripts/osiris"), join(at.path, "second link")]) {
      const { code, stdout, stderr, cwd } = await start(script, { args });
      equal(code, 7, stderr);
      deepEqual(JSON.parse(stdout), { args, cwd, DENO_TLS_CA_STORE: "system,mozilla", evaluates: false });
    }
  },
});

Deno.test({
  name: "scripts/osiris leaves a certificate store alone that was set",
  ignore: !posix,
  async fn() {
    using at = checkout();
    const { stdout } = await start(join(at.path, "scripts/osiris"), {
      env: { DENO_TLS_CA_STORE: "mozilla" },
    });
    equal(JSON.parse(stdout).DENO_TLS_CA_STORE, "mozilla");
  },
});

Deno.test({
  name: "scripts/osiris says what to install where there is neither Deno nor npx",
  ignore: !posix,
  async fn() {
    using at = checkout();
    const tools = join(at.path, "tools");
    mkdirSync(tools);
    for (const tool of ["sh", "dirname", "readlink", "cat", "grep", "head", "sort"]) {
      symlinkSync(realpathSync(await which(tool)), join(tools, tool));
    }
    const { code, stdout, stderr } = await start(join(at.path, "scripts/osiris"), { env: { PATH: tools } });
    equal(code, 2);
    equal(stdout, "");
    match(stderr, /neither Deno .* nor npx[^]*help: install/);
  },
});

async function which(tool: string): Promise<string> {
  const { stdout } = await new Deno.Command("sh", { args: ["-c", `command -v ${tool}`] }).output();
  return new TextDecoder().decode(stdout).trim();
}

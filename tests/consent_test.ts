/** The question about a component from outside, at a terminal: asked, answered, interrupted, lied to. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { osiris, osirisCommand } from "./_osiris.ts";

const SPEC = `name: acme.numbers
version: 1.0.0
title: Numbers
description: Makes numbers
status: experimental
modes: [read]
permissions:
  read: ["\${config.path}"]
config:
  type: object
  properties:
    path: { type: string, description: Where to start }
    host: { type: string, description: Who knows }
examples:
  - { title: Some, mode: read, config: {} }
`;
const DRIVER = `import { defineDriver, emit } from "osiris/driver";
export default defineDriver({ read: () => emit({ n: "BIGINT" }, function* () { yield [{ n: 1 }, { n: 2 }]; return {}; }) });
`;
const PIPELINE = `oml_version: "0.1.0"
name: numbers
steps:
  - id: make
    component: acme.numbers
    mode: read
    config: { path: start.txt }
  - id: save
    component: filesystem.csv_writer
    mode: write
    config: { path: out.csv }
`;

interface Terminal {
  readonly folder: string;
  /** Types `osiris ARGS` at a terminal, and the answer once it is asked for; gives everything the terminal showed. */
  type(args: readonly string[], answer: string): Promise<{ code: number; shown: string }>;
  write(name: string, text: string): Promise<void>;
  /** The lock's text; empty when there is none. */
  lock(): Promise<string>;
}

async function atTerminal(tell: (terminal: Terminal) => Promise<void>): Promise<void> {
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "osiris-consent-" }));
  const write = async (name: string, text: string) => {
    await Deno.mkdir(join(folder, name, ".."), { recursive: true });
    await Deno.writeTextFile(join(folder, name), text);
  };
  try {
    await write("osiris.yaml", "");
    await write("p.oml", PIPELINE);
    await write("components/acme.numbers/spec.yaml", SPEC);
    await write("components/acme.numbers/driver.ts", DRIVER);
    await tell({
      folder,
      write,
      type: (args, answer) => typed(folder, args, answer),
      lock: () => Deno.readTextFile(join(folder, "osiris.lock")).catch(() => ""),
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** `script` (util-linux) is the terminal. */
async function typed(
  folder: string,
  args: readonly string[],
  answer: string,
): Promise<{ code: number; shown: string }> {
  const line = [...osirisCommand(), ...args].map((word) => `'${word}'`).join(" ");
  const child = spawned(folder, line);
  const timer = setTimeout(() => child.kill("SIGKILL"), 60_000);
  let shown = "";
  let answered = false;
  const writer = child.stdin.getWriter();
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    shown += text;
    if (!answered && shown.includes("[y/N] ")) {
      answered = true;
      await writer.write(new TextEncoder().encode(answer));
    }
  }
  await writer.close().catch(() => {});
  const { code } = await child.status;
  clearTimeout(timer);
  return { code, shown: shown.replaceAll("\r\n", "\n") };
}

function spawned(folder: string, line: string): Deno.ChildProcess {
  try {
    return new Deno.Command("script", {
      args: ["-qec", line, "/dev/null"],
      cwd: folder,
      env: { NO_COLOR: "1", TERM: "xterm" },
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
  } catch (error) {
    throw new Error(
      "the terminal of this test is 'script' of util-linux, which is not here: install bsdutils",
      { cause: error },
    );
  }
}

Deno.test("run asks about a component that nobody allowed, shows what it may touch here, and records a yes", () =>
  atTerminal(async ({ folder, type, lock }) => {
    const { code, shown } = await type(["run", "p.oml"], "y\n");
    assert.equal(code, 0, shown);
    assert.ok(
      shown.startsWith(`'acme.numbers' 1.0.0 comes from outside, and nobody allowed it in this project yet.
    from         components/acme.numbers
    connects to  nothing
    reads        \${config.path}
    writes       nothing
  Here, step 'make':
      reads  ${folder}/start.txt
Allow it, and record that in osiris.lock? [y/N] y
`),
      shown,
    );
    assert.equal(await Deno.readTextFile(join(folder, "out.csv")), "n\n1\n2\n");
    assert.match(
      await lock(),
      /acme\.numbers:\n {4}version: 1\.0\.0\n {4}source: components\/acme\.numbers\n/,
    );
    const again = await osiris(["components", "lock", "--check"], { cwd: folder });
    assert.equal(again.code, 0, again.stderr);
  }));

for (
  const [what, answer] of [
    ["no", "n\n"],
    ["nothing but Enter", "\n"],
    ["something else", "yes please\n"],
    ["the end of input", "\x04"],
    ["too much", `${"y".repeat(3000)}\n`],
  ] as const
) {
  Deno.test(`run takes ${what} for a no: exit code 4, and nothing on the disk`, () =>
    atTerminal(async ({ folder, type, lock }) => {
      const { code, shown } = await type(["run", "p.oml"], answer);
      assert.equal(code, 4, shown);
      assert.match(shown, /DRV410.*'acme\.numbers' was not allowed/);
      assert.equal(await lock(), "");
      assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), [
        "components",
        "osiris.yaml",
        "p.oml",
      ]);
    }));
}

Deno.test("run takes Ctrl-C at the question for a no, and exits as interrupted", () =>
  atTerminal(async ({ type, lock }) => {
    const { code, shown } = await type(["run", "p.oml"], "\x03");
    assert.equal(code, 130, shown);
    assert.equal(await lock(), "");
  }));

Deno.test("run asks again when a new version wants more, and says what", () =>
  atTerminal(async ({ folder, type, lock, write }) => {
    assert.equal((await osiris(["components", "lock", "--yes"], { cwd: folder })).code, 0);
    const before = await lock();
    const more = SPEC.replace("1.0.0", "1.1.0").replace(
      "permissions:",
      'permissions:\n  net: ["${config.host}:443"]',
    );
    await write("components/acme.numbers/spec.yaml", more);
    const nobody = await osiris(["run", "p.oml"], { cwd: folder });
    assert.equal(nobody.code, 4);
    assert.match(nobody.stderr, /it asks for more: net \$\{config\.host\}:443/);
    const { code, shown } = await type(["run", "p.oml"], "n\n");
    assert.equal(code, 4, shown);
    assert.match(
      shown,
      /'acme\.numbers' is not as it was allowed: version 1\.0\.0 then, 1\.1\.0 now, spec\.yaml changed\./,
    );
    assert.match(shown, /\n {2}\+ connects to {2}\$\{config\.host\}:443\n/);
    assert.match(shown, /\n {2}It asks for more than was allowed \(\+\)\.\n/);
    assert.equal(await lock(), before);
  }));

Deno.test("run asks again when the code is another one, and says when it asks for less", () =>
  atTerminal(async ({ folder, type, write }) => {
    assert.equal((await osiris(["components", "lock", "--yes"], { cwd: folder })).code, 0);
    await write("components/acme.numbers/driver.ts", DRIVER.replace("n: 2", "n: 3"));
    const changed = await type(["run", "p.oml"], "n\n");
    assert.match(changed.shown, /version 1\.0\.0, driver\.ts changed\.\n/);
    assert.match(changed.shown, /It asks for what was allowed; what it does may be something else\.\n/);
    await write("components/acme.numbers/driver.ts", DRIVER);
    await write("components/acme.numbers/spec.yaml", SPEC.replace('read: ["${config.path}"]', "read: []"));
    const less = await type(["run", "p.oml"], "n\n");
    assert.match(
      less.shown,
      /\n {2}- reads +\$\{config\.path\}\n {2}It asks for less than was allowed \(-\)\.\n/,
    );
  }));

Deno.test("run shows what a component says of itself without letting it write to the terminal", () =>
  atTerminal(async ({ type, write }) => {
    const lie = 'read: ["${config.path}\\e[2K\\e[1A\\u202Ereads nothing\\r"]';
    await write("components/acme.numbers/spec.yaml", SPEC.replace('read: ["${config.path}"]', lie));
    const { shown } = await type(["run", "p.oml"], "n\n");
    const question = shown.slice(0, shown.indexOf("[y/N]"));
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(question, /[\x00-\x08\x0b-\x1f\u202e]/);
    assert.match(question, /\\e\[2K\\e\[1A\\u\{202e\}reads nothing\\r/);
  }));

Deno.test("run --frozen asks nothing, and fails for whatever differs between the lock and components/", () =>
  atTerminal(async ({ folder, type, lock, write }) => {
    const frozen = ["run", "p.oml", "--frozen"];
    const refused = async (says: RegExp) => {
      const { code, shown } = await type(frozen, "y\n");
      assert.equal(code, 4, shown);
      assert.doesNotMatch(shown, /\[y\/N\]/);
      assert.match(shown, says);
    };
    await refused(/'acme\.numbers': osiris\.lock does not have it/);
    assert.equal((await osiris(["components", "lock", "--yes"], { cwd: folder })).code, 0);
    const good = await lock();
    await write(
      "osiris.lock",
      `${good}  acme.other:\n    version: 1.0.0\n    source: x\n    files: { spec.yaml: "sha256:${
        "0".repeat(64)
      }" }\n    permissions: {}\n`,
    );
    await refused(/'acme\.other': osiris\.lock has it, and components\/ does not/);
    await write("osiris.lock", good.replace("version: 1.0.0", "version: 1.0.1"));
    await refused(/version 1\.0\.1 was allowed and 1\.0\.0 is here/);
    await write(
      "osiris.lock",
      good.replace(/( {6}read:\n.*\n)/, "$1      write:\n        - ${config.path}\n"),
    );
    await refused(/it asks for less: no longer write/);
    await write("osiris.lock", good);
    await write("components/acme.numbers/driver.ts", `${DRIVER}\n`);
    await refused(/driver\.ts changed/);
    await write("components/acme.numbers/driver.ts", DRIVER);
    await write("components/acme.broken/driver.ts", DRIVER);
    await refused(/'acme\.broken':.*no spec\.yaml/);
  }));

Deno.test("run and plan fail for a lock that cannot be read, with its place, and ask nothing", () =>
  atTerminal(async ({ type, write }) => {
    await write("osiris.lock", "lock_version: 1\ncomponents: {}\ntrusted: all\n");
    for (const command of ["run", "plan"]) {
      const { code, shown } = await type([command, "p.oml"], "y\n");
      assert.equal(code, 2, shown);
      assert.match(shown, /DRV411.*'trusted' is no key of a lock/);
      assert.match(shown, /osiris\.lock:3:1/);
    }
  }));

Deno.test("components lock asks about each, and keeps the yes before a no", () =>
  atTerminal(async ({ type, lock, write }) => {
    await write("components/acme.second/spec.yaml", SPEC.replace("acme.numbers", "acme.second"));
    await write("components/acme.second/driver.ts", DRIVER);
    const { code, shown } = await type(["components", "lock"], "y\nn\n");
    assert.equal(code, 4, shown);
    assert.match(shown, /'acme\.second' was not allowed/);
    assert.match(await lock(), /acme\.numbers/);
    assert.doesNotMatch(await lock(), /acme\.second/);
  }));

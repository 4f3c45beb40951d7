/**
 * Tells every story of `tests/stories/` and compares what happened with what is written there.
 *
 * `OSIRIS_BIN=dist/osiris` tells them to the binary; `OSIRIS_ACCEPT=1` takes what happened as right;
 * `OSIRIS_STORY=name` tells those whose name contains it.
 */

import assert from "node:assert/strict";
import { accept, type Command, type Deed, perform, readStory, type Story, storyNames } from "./_story.ts";

/** Stories told at once. */
const AT_ONCE = 2;

const chosen = storyNames().filter((name) => name.includes(Deno.env.get("OSIRIS_STORY") ?? ""));
const accepting = Deno.env.get("OSIRIS_ACCEPT") === "1";

const waiting = [...chosen];
const told = new Map(chosen.map((name) => [name, Promise.withResolvers<readonly Deed[]>()]));
let telling = false;

/** Begins to tell all stories, a few at a time; each test then waits for its own. */
function tellAll(): void {
  if (telling) return;
  telling = true;
  for (let i = 0; i < AT_ONCE; i++) tellNext();
}

function tellNext(): void {
  const name = waiting.shift();
  if (name === undefined) return;
  const { resolve, reject } = told.get(name)!;
  perform(name, readStory(name)).then(resolve, reject).finally(tellNext);
}

for (const name of chosen) {
  Deno.test({
    name: `story ${name}: ${readStory(name).about}`,
    // The next stories are told while this one is judged.
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      tellAll();
      const deeds = await told.get(name)!.promise;
      if (accepting) return accept(name, deeds);
      judge(readStory(name), deeds);
    },
  });
}

function judge(story: Story, deeds: readonly Deed[]): void {
  story.commands.forEach((command, i) => {
    const deed = deeds[i]!;
    const line = `osiris ${command.args.join(" ")}`;
    assert.equal(deed.stderr, command.stderr ?? "", `standard error of '${line}'`);
    assert.equal(deed.exit, command.exit ?? 0, `exit code of '${line}'`);
    if (command.stdout !== undefined) {
      assert.equal(deed.stdout, command.stdout, `standard output of '${line}'`);
    }
    for (const part of command.says ?? []) {
      assert.ok(deed.stdout.includes(part), `'${line}' does not say '${part}' but:\n${deed.stdout}`);
    }
    judgeFiles(command, deed, line);
  });
}

function judgeFiles(command: Command, deed: Deed, line: string): void {
  for (const [path, text] of Object.entries(command.files ?? {})) {
    const there = deed.after.get(path);
    const found = there === undefined
      ? null
      : new TextDecoder().decode(Uint8Array.from(there, (c) => c.charCodeAt(0)));
    assert.equal(found, text, `'${path}' after '${line}'`);
  }
  for (const text of command.nowhere ?? []) {
    const holder = [...deed.after].find(([, content]) => content.includes(text))?.[0];
    assert.equal(holder, undefined, `'${text}' is in a file after '${line}'`);
  }
  if (command.changes_nothing) assert.deepEqual(deed.after, deed.before, `the disk after '${line}'`);
}

/**
 * A story: files, the commands that are typed, and exactly what they print, return and leave behind.
 *
 * Each folder of `tests/stories/` is one: `story.yaml`, and the files of `project/` where there are any.
 * What differs from run to run is compared as a placeholder: `<session>`, `<time>`, `<when>`, `<hash>`,
 * `<dir>`, `<bar>`, `<size>`.
 *
 * @module
 */

import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse, parseDocument } from "yaml";
import { osirisCommand } from "./_osiris.ts";

/** One command of a story and what is expected of it. What is not stated is not compared, but `exit` and `stderr` always are. */
export interface Command {
  readonly args: readonly string[];
  readonly env?: { readonly [name: string]: string };
  /** Relative to the story's folder. */
  readonly cwd?: string;
  readonly exit?: number;
  readonly stdout?: string;
  readonly stderr?: string;
  /** Parts of standard output, where the whole would say too much. */
  readonly says?: readonly string[];
  /** Files afterwards: their text, or null where there must be none. */
  readonly files?: { readonly [path: string]: string | null };
  /** Text that no file holds afterwards. */
  readonly nowhere?: readonly string[];
  /** Nothing on the disk may differ afterwards. */
  readonly changes_nothing?: boolean;
}

export interface Story {
  readonly about: string;
  /** Files to begin with, beside those of `project/`. */
  readonly files?: { readonly [path: string]: string };
  readonly commands: readonly Command[];
}

/** What a command did, with placeholders. */
export interface Deed {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly before: ReadonlyMap<string, string>;
  readonly after: ReadonlyMap<string, string>;
}

const STORIES = fileURLToPath(new URL("./stories/", import.meta.url));

/** The names of all stories. */
export function storyNames(): string[] {
  return readdirSync(STORIES).filter((name) => existsSync(join(STORIES, name, "story.yaml"))).sort();
}

export function readStory(name: string): Story {
  return parse(readFileSync(join(STORIES, name, "story.yaml"), "utf8"));
}

/** Types every command of a story in a fresh folder. */
export async function perform(name: string, story: Story): Promise<readonly Deed[]> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "osiris-story-")));
  try {
    const project = join(STORIES, name, "project");
    if (existsSync(project)) cpSync(project, folder, { recursive: true });
    for (const [path, text] of Object.entries(story.files ?? {})) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const deeds: Deed[] = [];
    for (const command of story.commands) deeds.push(await type(command, folder));
    return deeds;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function type(command: Command, folder: string): Promise<Deed> {
  const before = contentsOf(folder);
  const { code, stdout, stderr } = await osiris(command.args, {
    cwd: join(folder, command.cwd ?? "."),
    env: command.env ?? {},
  }).output();
  const text = (bytes: Uint8Array) => withPlaceholders(new TextDecoder().decode(bytes), folder);
  return { exit: code, stdout: text(stdout), stderr: text(stderr), before, after: contentsOf(folder) };
}

/** The program under test in a clean environment. */
function osiris(
  args: readonly string[],
  options: { cwd: string; env: { readonly [name: string]: string } },
): Deno.Command {
  const [program, ...rest] = osirisCommand();
  return new Deno.Command(program!, {
    args: [...rest, ...args],
    cwd: options.cwd,
    env: { ...inherited(), ...options.env },
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

/** The environment without what would change what is printed. */
function inherited(): { [name: string]: string } {
  return Object.fromEntries(
    Object.entries(Deno.env.toObject()).filter(([name]) =>
      !/^(OSIRIS_|NO_COLOR$|FORCE_COLOR$|CI$)/.test(name)
    ),
  );
}

/** Every file below a folder with its content; folders with a slash. */
function contentsOf(folder: string): Map<string, string> {
  const contents = new Map<string, string>();
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) contents.set(`${name}/`, "");
    else contents.set(name, readFileSync(path, "latin1"));
  }
  return contents;
}

/** What differs from run to run, by name. */
export function withPlaceholders(text: string, folder: string): string {
  return text
    .replaceAll(folder, "<dir>")
    .replaceAll(/run_\d{8}T\d{6}Z_[0-9a-z]{6}/g, "<session>")
    .replaceAll(/\b[0-9a-f]{64}\b/g, "<hash>")
    .replaceAll(/(manifest )[0-9a-f]{12}\b/g, "$1<hash>")
    .replaceAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( UTC|Z)/g, "<when>")
    .replaceAll(/ *\b\d+(\.\d+)? (ms|s)\b/g, " <time>")
    .replaceAll(/ +time\b/g, " time")
    .replaceAll(/("\w*_ms": ?)[\d.]+/g, "$1<time>")
    .replaceAll(/[·█]{4,}/g, "<bar>")
    .replaceAll(/\b\d+(\.\d+)? (B|kB|MB|GB|TB)\b/g, "<size>");
}

/** Takes what happened as what is expected, from now on. */
export function accept(name: string, deeds: readonly Deed[]): void {
  const path = join(STORIES, name, "story.yaml");
  const document = parseDocument(readFileSync(path, "utf8"));
  const set = (path: readonly (string | number)[], text: string) => {
    if (document.getIn(path) !== text) document.setIn(path, document.createNode(text));
  };
  deeds.forEach((deed, i) => {
    const at = (key: string) => ["commands", i, key];
    if (deed.exit === 0) document.deleteIn(at("exit"));
    else document.setIn(at("exit"), deed.exit);
    if (!document.hasIn(at("says"))) set(at("stdout"), deed.stdout);
    if (deed.stderr === "") document.deleteIn(at("stderr"));
    else set(at("stderr"), deed.stderr);
  });
  writeFileSync(path, document.toString({ lineWidth: 0 }));
}

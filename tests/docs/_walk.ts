/** Walks a page: does what it tells its reader to do, in a folder that looks like a fresh clone. */

import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { osirisCommand } from "../_osiris.ts";

/** The checkout. */
export const ROOT = new URL("../../", import.meta.url).pathname;

/** What a clone holds and a page may use. */
const CLONED = ["main.ts", "deno.json", "deno.lock", "src", "plugins", "schemas", "scripts", "docs/examples"];
/** What the examples leave behind when somebody runs them; no clone has these. */
const LEFT_BEHIND = /\/docs\/examples\/[^/]+\/(?:out|logs|compiled|\.osiris)$/;

/** How a command ended. */
export interface Ended {
  readonly code: number;
  /** Standard output and standard error as a terminal shows them. */
  readonly printed: string;
}

/** A reader with a shell of their own. */
export class Walk implements AsyncDisposable {
  readonly folder: string;
  #cwd: string;
  #lastCode = 0;

  private constructor(folder: string) {
    this.folder = folder;
    this.#cwd = join(folder, "osiris");
  }

  /** A fresh clone, with `osiris` on PATH: the program under test, see `_osiris.ts`. */
  static async start(): Promise<Walk> {
    const walk = new Walk(await Deno.realPath(await mkdtemp(join(tmpdir(), "osiris-docs-"))));
    for (const name of CLONED) {
      await cp(join(ROOT, name), join(walk.#cwd, name), {
        recursive: true,
        filter: (source) => !LEFT_BEHIND.test(source),
      });
    }
    await mkdir(join(walk.folder, "bin"));
    const words = osirisCommand().map((word) => `"${word}"`).join(" ");
    await writeFile(join(walk.folder, "bin/osiris"), `#!/bin/sh\nexec ${words} "$@"\n`, { mode: 0o755 });
    return walk;
  }

  /** Writes a file where the reader stands. */
  async write(name: string, text: string): Promise<void> {
    await mkdir(dirname(join(this.#cwd, name)), { recursive: true });
    await writeFile(join(this.#cwd, name), text);
  }

  /** Runs shell text where the reader stands; a `cd` in it lasts. */
  async run(text: string): Promise<Ended> {
    const place = join(this.folder, "cwd");
    const shell = new Deno.Command("sh", {
      args: ["-c", `exec 2>&1\ntrap 'pwd > "${place}"' EXIT\n(exit ${this.#lastCode})\n${text}`],
      cwd: this.#cwd,
      env: { PATH: `${this.folder}/bin:${Deno.env.get("PATH")}`, NO_COLOR: "1" },
      stdin: "null",
    });
    const { code, stdout } = await shell.output();
    this.#cwd = (await readFile(place, "utf8")).trimEnd();
    this.#lastCode = code;
    return { code, printed: new TextDecoder().decode(stdout) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

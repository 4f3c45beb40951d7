/**
 * Decides whether code that nobody vetted may be loaded, and gives the very text that is.
 *
 * A module's imports are read with the rights of whoever loads it, and a compiled binary does not check even
 * computed ones: code that can name an import can read every file. So code from outside is one file that
 * imports the SDK and a few of Node's modules that only compute, and nothing else. What it may not have is
 * refused by name and place; and because a lexer may misread what was written to deceive it, what is admitted
 * has gone through {@linkcode wall} as well, which needs no reading.
 *
 * @module
 */

import { type Export, type Import, parse } from "es-module-lexer/js";
import type { Checked, Diagnostic } from "../../diagnostic.ts";
import { allowedModules } from "./_node_modules.ts";
import { SDK, SDK_NAMES, shimUrl } from "./_sdk_shim.ts";
import { strip } from "./_strip.ts";
import { reaches, statement, wall } from "./_wall.ts";

/** Most bytes of a driver's code. */
export const MAX_CODE_BYTES = 2_097_152;

/** What decides which modules the code may import. */
export interface Rights {
  /** Whether the component's spec asks for hosts. */
  readonly net: boolean;
}

/**
 * Admits the code of a driver: the text to load, or what keeps it from being loaded.
 *
 * @example
 * ```ts
 * const { value, diagnostics } = await admit(await readFile("driver.ts"), "driver.ts");
 * ```
 */
export async function admit(
  bytes: Uint8Array,
  file: string,
  rights: Rights = { net: false },
): Promise<Checked<string>> {
  const source = read(bytes);
  if (source === undefined) return refused(file, sizeOrEncoding(bytes));
  const text = /\.ts$/.test(file) ? await strip(source) : { text: source };
  if (text.text === undefined) {
    return refused(file, { ...text.fault!, help: "mend the syntax; 'deno check' says more about it" });
  }
  return new Reading(text.text, file, rights).admitted();
}

/** A fault before it has a file and a code. */
type Fault = Pick<Diagnostic, "message" | "help" | "line" | "column">;

function read(bytes: Uint8Array): string | undefined {
  if (bytes.length > MAX_CODE_BYTES) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function sizeOrEncoding(bytes: Uint8Array): Fault {
  if (bytes.length <= MAX_CODE_BYTES) {
    return { message: "it is not UTF-8 text, and should be", help: "save the file as UTF-8" };
  }
  const said = `it has ${bytes.length} bytes, and may have ${MAX_CODE_BYTES} (2 MB)`;
  return { message: said, help: "bundle with --minify, and leave out what the driver does not use" };
}

function refused(file: string, ...faults: readonly Fault[]): Checked<string> {
  return { diagnostics: faults.map((fault) => diagnostic(file, fault)) };
}

function diagnostic(file: string, { message, ...rest }: Fault): Diagnostic {
  return { code: "DRV414", severity: "error", file, message: `Cannot admit the driver: ${message}`, ...rest };
}

/** One text, gone through once. */
class Reading {
  readonly #text: string;
  readonly #file: string;
  readonly #modules: readonly string[];
  readonly #faults: Fault[] = [];

  constructor(text: string, file: string, rights: Rights) {
    this.#text = text;
    this.#file = file;
    this.#modules = allowedModules(rights);
  }

  admitted(): Checked<string> {
    const found = this.#lexed();
    if (found === undefined) return refused(this.#file, ...this.#faults);
    const [imports, exports] = found;
    const code = this.#rewritten(imports);
    this.#demandDefault(exports);
    if (this.#faults.length > 0) return refused(this.#file, ...this.#faults);
    return { value: code, diagnostics: [] };
  }

  #lexed(): readonly [readonly Import[], readonly Export[]] | undefined {
    try {
      const [imports, exports] = parse(this.#text);
      return [imports, exports];
    } catch (error) {
      const at = (error as { idx?: number }).idx ?? 0;
      const message = "it is not JavaScript that can be read from here on";
      this.#fault(at, message, "look for a bracket or quote that is not closed");
      return undefined;
    }
  }

  /** The text with its imports led to where they are allowed to lead, and no other way to import. */
  #rewritten(imports: readonly Import[]): string {
    const parts: string[] = [];
    let done = 0;
    let statements = 0;
    for (const each of imports) {
      const led = this.#led(each);
      if (led === undefined) continue;
      parts.push(wall(this.#text.slice(done, each.importStart)), led.text, "\n".repeat(led.lines));
      done = each.importEnd;
      statements++;
    }
    parts.push(wall(this.#text.slice(done)));
    const code = parts.join("");
    if (this.#faults.length === 0 && reaches(code) !== statements) {
      this.#fault(0, "its imports stand where they cannot be told from other text", PLAIN);
    }
    return code;
  }

  /** An import as it may stay; undefined when it may not. */
  #led(found: Import): { readonly text: string; readonly lines: number } | undefined {
    const at = found.importStart;
    if (found.type === "import-meta") {
      return this.#fault(at, "it uses import.meta, which a driver has not", META);
    }
    if (found.type === "dynamic") {
      return this.#fault(at, "it loads a module with import(…) while it runs", BUNDLE);
    }
    if (found.type !== "static" || /^export\b/.test(this.#text.slice(at))) {
      return this.#fault(
        at,
        `it gives on what '${found.specifier}' exports`,
        "import it and export it by name",
      );
    }
    if (found.phase !== null) return this.#fault(at, `it uses 'import ${found.phase}'`, PLAIN);
    if (found.attributes !== null) {
      return this.#fault(
        at,
        `it imports '${found.specifier}' with attributes`,
        "put the data into the file itself",
      );
    }
    const name = found.specifier;
    const url = name === SDK ? shimUrl() : this.#modules.find((allowed) => allowed === name);
    if (url === undefined) {
      return this.#fault(at, `it imports '${name}', which is not allowed`, this.#instead(name));
    }
    const whole = this.#text.slice(at, found.importEnd);
    const clause = whole.slice("import".length, found.start - 1 - at).trim().replace(/from$/, "");
    const text = statement(clause, url);
    if (text === undefined) return this.#fault(at, "an import statement has more to it than names", PLAIN);
    if (name === SDK) this.#demandNames(at, clause);
    return { text: text.replaceAll(/\n/g, " "), lines: whole.split("\n").length - 1 };
  }

  #instead(name: string | null): string {
    if (name === "node:module") return BUNDLE;
    if (name?.startsWith("node:") === true) return `a driver may import ${this.#modules.join(", ")}`;
    if (this.#modules.includes(`node:${name}`)) return `write 'node:${name}'`;
    return BUNDLE;
  }

  #demandNames(at: number, clause: string): void {
    const names = /\{([^}]*)\}/.exec(clause)?.[1] ?? "";
    for (const name of names.split(",").map((each) => each.trim().split(/\s/)[0]!)) {
      if (name === "" || SDK_NAMES.includes(name)) continue;
      const help = `it gives ${SDK_NAMES.join(", ")}; import types with 'import type'`;
      this.#fault(at, `it imports '${name}', which 'osiris/driver' does not give`, help);
    }
  }

  #demandDefault(exports: readonly Export[]): void {
    if (exports.some((each) => each.type !== "reexport-all" && each.name === "default")) return;
    this.#fault(0, "it exports nothing by default", "write `export default defineDriver({…})`");
  }

  #fault(at: number, message: string, help: string): undefined {
    const before = this.#text.slice(0, at).split("\n");
    this.#faults.push({ message, help, line: before.length, column: before.at(-1)!.length + 1 });
  }
}

const BUNDLE = "bundle the driver into one file, for example with " +
  "'deno bundle --platform browser --external osiris/driver --output driver.js main.ts'";
const PLAIN = 'write a plain statement such as `import { a, b as c } from "osiris/driver"`';
const META = "take what it needs from its configuration";

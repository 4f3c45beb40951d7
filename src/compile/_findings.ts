/** Collects what compiling finds: each finding once, in the order of the text. @module */

import { findSecrets } from "../connection/mod.ts";
import type { Code, Diagnostic } from "../diagnostic.ts";
import type { Path, Pipeline } from "../oml/mod.ts";

export interface FindingOptions {
  readonly help?: string | undefined;
  readonly at?: "key" | "value" | undefined;
  /** The piece of the value's source text that is meant. */
  readonly within?: string | undefined;
  readonly severity?: "error" | "warning";
  /** The place holds a secret. */
  readonly redact?: boolean;
}

export class Findings {
  readonly #found = new Map<string, Diagnostic>();

  constructor(readonly pipeline: Pipeline) {}

  /** Notes a finding at a path of the pipeline. */
  on(path: Path, code: Code, message: string, options: FindingOptions = {}): void {
    const { help, at, within, severity, redact } = options;
    const diagnostic = this.pipeline.diagnostic(code, path, message, {
      ...(help === undefined ? {} : { help }),
      ...(at === undefined ? {} : { at }),
      ...(within === undefined ? {} : { within }),
      ...(severity === undefined ? {} : { severity }),
    });
    this.add(redact ? { ...diagnostic, redact: true } : diagnostic);
  }

  /** Notes a finding about how compiling was called, which has no place in a text. */
  call(code: Code, message: string, help: string): void {
    this.add({ code, severity: "error", message, help });
  }

  add(diagnostic: Diagnostic): void {
    const { code, file, line, column, message } = diagnostic;
    const key = `${code}\n${file}\n${line}\n${column}\n${message}`;
    if (!this.#found.has(key)) this.#found.set(key, diagnostic);
  }

  /** In the order of the text, the pipeline's own before those of other files. */
  sorted(): Diagnostic[] {
    const { file } = this.pipeline;
    const rank = (d: Diagnostic) => (d.file === undefined ? 0 : d.file === file ? 1 : 2);
    const all = [...this.#found.values()].sort((a, b) =>
      rank(a) - rank(b) || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0)
    );
    return redactSecretLines(all);
  }
}

/**
 * Marks every finding that shares a line with one that holds a secret, so that no frame shows it. With the text
 * of a file, lines of it that hold something of the shape of a secret count too, whether or not it was reported.
 */
export function redactSecretLines(
  diagnostics: readonly Diagnostic[],
  source?: { readonly file: string; readonly text: string },
): Diagnostic[] {
  const hidden = new Set<string>();
  for (const { redact, file, line, end_line } of diagnostics) {
    if (!redact || line === undefined) continue;
    for (let n = line; n <= (end_line ?? line); n++) hidden.add(`${file}:${n}`);
  }
  if (source && diagnostics.length > 0) {
    for (const line of secretLines(source.text)) hidden.add(`${source.file}:${line}`);
  }
  if (hidden.size === 0) return [...diagnostics];
  return diagnostics.map((d) => (hidden.has(`${d.file}:${d.line}`) ? { ...d, redact: true } : d));
}

function secretLines(text: string): number[] {
  return findSecrets(text).map(({ index }) => text.slice(0, index).split("\n").length);
}

/**
 * Prints what a command answered: one JSON document, or text for people with findings, failure and
 * what to type next.
 *
 * @module
 */

import { type Diagnostic, type Failure, hasErrors, OsirisError } from "../diagnostic.ts";
import type { Answer } from "./_answer.ts";
import { EXIT, exitCodeOf } from "./_exit.ts";
import { printable, printableText } from "../printable.ts";
import { systemReason } from "./_system_reason.ts";
import type { Stream } from "./_terminal.ts";

interface Streams {
  readonly out: Stream;
  readonly err: Stream;
}

interface Manner {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly debug: boolean;
}

/** Prints it and says the exit code. */
export async function printAnswer(
  command: string,
  answer: Answer,
  manner: Manner,
  streams: Streams,
): Promise<number> {
  const exit = answer.exit ?? exitOf(answer);
  if (manner.json) {
    const text = answer.compact ? jsonLine : jsonText;
    streams.out.write(text({ command, exit_code: exit, ...answer.document, ...troubleOf(answer) }));
    return exit;
  }
  if (answer.note && !manner.quiet) streams.out.write(answer.note);
  if (answer.text) streams.out.write(answer.text);
  for (const text of answer.warnings ?? []) streams.err.write(warningText(text, streams.err));
  if (answer.diagnostics?.length) streams.err.write(await findingsText(answer, streams.err));
  if (answer.failure) streams.err.write(failureText(answer.failure, answer, streams.err));
  return exit;
}

/** Says that standard output could not be written, when it could not; the exit code is then not that of success. */
export function reportUnwritten(command: string, exit: number, { out, err }: Streams): number {
  if (out.failure === undefined) return exit;
  const reason = systemReason(out.failure) ??
    (out.failure instanceof Error ? out.failure.message : String(out.failure));
  const failure: Failure = {
    code: "CLI810",
    category: "run",
    message: `Cannot print what 'osiris ${command}' answers: standard output cannot be written (${reason})`,
    help: "the command did its work all the same; send standard output to a place that takes it",
    retryable: false,
  };
  err.write(failureText(failure, { document: {} }, err));
  return exit === EXIT.done ? EXIT.failed : exit;
}

/** A warning as people see it. */
export function warningText(text: string, { style }: Stream): string {
  return `${style.bold(style.yellow("warning"))}: ${printable(text)}\n`;
}

/** The answer to something thrown: a failure that a person can act on, or a bug of ours. */
export function answerTo(command: string, error: unknown, debug: boolean): Answer {
  if (error instanceof OsirisError) {
    const failure = error.diagnostics.length > 0 ? {} : { failure: error.toFailure() };
    return { document: {}, diagnostics: error.diagnostics, ...failure, exit: exitCodeOf(error) };
  }
  const refused = systemReason(error);
  if (refused !== undefined) return { document: {}, failure: refusal(command, error, refused) };
  const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const stack = error instanceof Error && error.stack && debug ? [{ label: "stack", text: error.stack }] : [];
  const failure: Failure = {
    code: "BUG900",
    category: "run",
    message: `Cannot finish 'osiris ${command}': Osiris itself is at fault (${said})`,
    help: debug
      ? "this is a bug in Osiris and not in your files; please report it with all of this output"
      : "this is a bug in Osiris and not in your files; please report it with what the same command prints with --debug",
    retryable: false,
  };
  return { document: {}, failure, trail: stack };
}

/** The operating system said no, outside of any run. */
function refusal(command: string, error: unknown, reason: string): Failure {
  return {
    code: "CLI810",
    category: "run",
    message: `Cannot finish 'osiris ${command}': ${reason} (${
      error instanceof Error ? error.message : error
    })`,
    help: "'osiris doctor' checks the folders and the room that Osiris needs",
    retryable: false,
  };
}

/** One document, indented; what JSON leaves raw and a terminal obeys is escaped. */
export function jsonText(document: unknown): string {
  return `${safeJson(JSON.stringify(document, null, 2))}\n`;
}

/** One document on one line. */
export function jsonLine(document: unknown): string {
  return `${safeJson(JSON.stringify(document))}\n`;
}

function safeJson(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function exitOf(answer: Answer): number {
  if (answer.failure) return exitCodeOf(answer.failure);
  return hasErrors(answer.diagnostics ?? []) ? EXIT.usage : EXIT.done;
}

function troubleOf(answer: Answer): { diagnostics: readonly Diagnostic[]; error?: Failure } {
  return {
    diagnostics: answer.diagnostics ?? [],
    ...(answer.failure ? { error: answer.failure } : {}),
  };
}

async function findingsText(answer: Answer, stream: Stream): Promise<string> {
  const { renderDiagnostic } = await import("../oml/mod.ts");
  const frames = answer.diagnostics!.map((d) => {
    const text = d.file === undefined ? undefined : answer.texts?.get(d.file);
    return painted(printableText(renderDiagnostic(d, text)).trimEnd(), d.severity, stream);
  });
  return `${frames.join("\n\n")}\n`;
}

/** Colours the first line's label; the frame itself stays plain. */
function painted(frame: string, severity: "error" | "warning", { style }: Stream): string {
  const paint = severity === "error" ? style.red : style.yellow;
  return frame.replace(/^(error|warning)\[\w+\]/, (label) => style.bold(paint(label)));
}

function failureText(failure: Failure, answer: Answer, stream: Stream): string {
  const notes = [
    ...(failure.help ? [{ label: "help", text: failure.help }] : []),
    ...(answer.trail ?? []),
  ];
  const lines = [
    `error[${failure.code}]: ${printable(failure.message)}`,
    ...notes.map((note) => ` = ${note.label}: ${printableText(note.text).replaceAll("\n", "\n   ")}`),
    ...(answer.next ? [`next: ${printable(answer.next)}`] : []),
  ];
  return `${painted(lines.join("\n"), "error", stream)}\n`;
}

/** What is said when a write fails. @module */

import { OsirisError } from "../diagnostic.ts";
import type { WriteRequest } from "./engine.ts";
import { explained } from "./_failure.ts";
import type { Staging } from "./_staging.ts";

/** Which write of which step it is. */
export interface Write {
  readonly step: string;
  readonly request: WriteRequest;
  readonly staging: Staging;
}

/** The error of a write that cannot be. */
export function writeFailure(
  { step, request }: Write,
  code: "ENG504" | "ENG530" | "ENG531" | "ENG532" | "ENG541",
  what: string,
  help: string,
): OsirisError {
  return new OsirisError(code, `Cannot write '${request.path}': ${what}`, { step, help });
}

/** What the engine or the file system said, in the words of the step. */
export function explainedWrite(write: Write, error: unknown): unknown {
  const { step, request, staging } = write;
  if (error instanceof OsirisError || (error instanceof Error && error.name === "AbortError")) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (/os error 28|No space left|os error 122/i.test(message)) {
    return new OsirisError("ENG521", `Cannot write '${request.path}': the disk is full`, {
      step,
      help: "free space on that disk, or write to another; what was there before is unchanged",
      cause: error,
    });
  }
  if (error instanceof Deno.errors.PermissionDenied || /os error (?:1|13|30)\b/.test(message)) {
    const what = `the folder '${staging.folder}' cannot be written to`;
    return writeFailure(write, "ENG530", what, "check its permissions, or name another folder");
  }
  if (error instanceof Deno.errors.NotADirectory || /os error (?:17|20)\b/.test(message)) {
    return writeFailure(write, "ENG530", "a file stands where a folder should be", "check the path");
  }
  if (message.includes("os error")) {
    return writeFailure(write, "ENG530", message, "check the path and its folder");
  }
  // What the engine says begins with a kind of error; anything else is a mistake of this program.
  return /^(?:[A-Z][a-z]+ )+Error: /.test(message)
    ? explained(error, { step, doing: `write '${request.path}'` })
    : error;
}

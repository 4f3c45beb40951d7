/**
 * The language: from the text of a pipeline to what it says, and everything that can be said about it
 * from the text alone.
 *
 * People and language models write OML, so checking never stops at the first mistake, and every finding
 * has a place in the text, says what is there and what should be, and how to mend it. What must stay true:
 * one checker serves every command; a hostile text (too large, too deep, aliases that explode) is refused
 * within a second; nothing is read but the text, neither disk nor clock nor environment; the schema document
 * is the one source of the structure, for this checker and for editors.
 *
 * @example
 * ```ts
 * const { value, diagnostics } = parsePipeline(text, "pipeline.oml");
 * for (const found of diagnostics) show(renderDiagnostic(found, text));
 * ```
 *
 * @module
 */

export type { HookDecl } from "./_hooks.ts";
export { parseProject, type ProjectSettings } from "./_project.ts";
export { formatOml } from "./_format.ts";
export type { Path } from "./_located.ts";
export { fitParam, type ParamDecl, type ParamType } from "./_params.ts";
export { parsePipeline, type Pipeline, type Profile } from "./_pipeline.ts";
export {
  type ParsedText,
  parseReferences,
  type Reference,
  type ReferenceProblem,
  type Segment,
} from "./_references.ts";
export { renderDiagnostic } from "./_render.ts";
export type { Span } from "./_source.ts";
export type { StepDecl } from "./_steps.ts";
export { omlSchema } from "./_schema.ts";

/**
 * Resolves references in the free-form values of a step.
 *
 * The result is a template: `${run.*}` and sensitive `${params.*}` stay in it, and a literal `${` stands as
 * `$${`, so that what a parameter's value looks like never matters.
 *
 * @module
 */

import type { Json } from "../manifest.ts";
import { parseReferences, type Path, type Reference } from "../oml/mod.ts";
import type { ParamValues } from "./_params.ts";

/** A reference that cannot stand where it stands. */
export interface TextProblem {
  readonly path: Path;
  readonly source: string;
  readonly message: string;
  readonly help: string;
}

/** `value` with its references resolved; `path` says where it stands. */
export function resolveTexts(value: unknown, path: Path, params: ParamValues, problems: TextProblem[]): Json {
  if (typeof value === "string") {
    return value.includes("${") ? resolveText(value, path, params, problems) : value;
  }
  if (Array.isArray(value)) return value.map((item, i) => resolveTexts(item, [...path, i], params, problems));
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, resolveTexts(item, [...path, key], params, problems)]),
    );
  }
  return value as Json;
}

/** Escapes every literal `${`, at any depth. */
export function literal(value: Json): Json {
  if (typeof value === "string") return value.replaceAll("${", () => "$${");
  if (Array.isArray(value)) return value.map(literal);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, literal(item)]));
}

function resolveText(text: string, path: Path, params: ParamValues, problems: TextProblem[]): Json {
  const { segments } = parseReferences(text);
  const [only] = segments;
  if (segments.length === 1 && only?.kind === "ref") {
    refuseFilter(only.ref, only.source, path, problems);
    return resolved(only.ref, only.source, params);
  }
  const pieces: string[] = [];
  let plain = "";
  const flush = () => {
    pieces.push(literal(plain) as string);
    plain = "";
  };
  for (const segment of segments) {
    if (segment.kind === "text") {
      plain += segment.text;
      continue;
    }
    const { ref, source } = segment;
    refuseFilter(ref, source, path, problems);
    const value = ref.kind === "param" ? params.value(ref.name) : undefined;
    if (value === undefined) {
      if (plain.endsWith("$")) {
        problems.push({
          path,
          source,
          message: `'${source}' stands right after a '$'`,
          help: "put the '$' elsewhere",
        });
      }
      flush();
      pieces.push(String(resolved(ref, source, params)));
    } else if (value !== null && typeof value === "object") {
      const message = `'${source}' is a ${Array.isArray(value) ? "list" : "map"} and stands inside a text`;
      problems.push({ path, source, message, help: "let it be the whole value" });
    } else plain += String(value);
  }
  flush();
  return pieces.join("");
}

/** The value as a template; what is not known yet stays a reference. */
function resolved(ref: Reference, source: string, params: ParamValues): Json {
  if (ref.kind === "run") return `\${run.${ref.field}}`;
  if (ref.kind !== "param") return source;
  const value = params.value(ref.name);
  return value === undefined ? `\${params.${ref.name}}` : literal(value);
}

function refuseFilter(ref: Reference, source: string, path: Path, problems: TextProblem[]): void {
  if (ref.kind !== "param" || ref.filter === undefined) return;
  const message = `'${source}' makes a SQL name outside a SQL text`;
  problems.push({ path, source, message, help: `write \${params.${ref.name}}` });
}

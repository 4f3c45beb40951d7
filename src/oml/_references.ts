/**
 * The references that a text may hold, and nothing else: parameters, a step's output, facts about the
 * run, the item of a `fan_out`. No environment, no code.
 *
 * @module
 */

import { nearest } from "../diagnostic.ts";

/** What a `${…}` names. */
export type Reference =
  | { kind: "param"; name: string; filter?: "identifier" }
  | { kind: "output"; step: string }
  | { kind: "run"; field: "id" | "started_at" | "date" }
  | { kind: "item" };

/** A piece of a text: literal, or a reference with the source text it was written as. */
export type Segment = { kind: "text"; text: string } | { kind: "ref"; ref: Reference; source: string };

/** A `${…}` that is no reference. */
export interface ReferenceProblem {
  /** What stands in the text, or the `${` that nothing closes. */
  source: string;
  /** What is wrong with it. */
  message: string;
  /** What to write instead. */
  help?: string;
  /** It reads like an environment variable. */
  environment?: true;
}

/** A text taken apart. Adjacent literal text is one segment. */
export interface ParsedText {
  /** The pieces in order. What is no reference stays in them as text. */
  segments: Segment[];
  /** Everything that looks like a reference and is none. */
  problems: ReferenceProblem[];
}

const RUN_FIELDS = ["id", "started_at", "date"] as const;

/**
 * Splits a text at its references. `$${` is a literal `${`.
 *
 * @example
 * ```ts
 * parseReferences("day ${params.day}").segments;
 * // [{ kind: "text", text: "day " }, { kind: "ref", ref: { kind: "param", name: "day" }, source: "${params.day}" }]
 * ```
 */
export function parseReferences(text: string): ParsedText {
  const parsed: ParsedText = { segments: [], problems: [] };
  let literal = "";
  let position = 0;
  for (let open = text.indexOf("${"); open >= 0; open = text.indexOf("${", position)) {
    if (open > position && text[open - 1] === "$") {
      literal += text.slice(position, open - 1) + "${";
      position = open + 2;
      continue;
    }
    literal += text.slice(position, open);
    const close = text.indexOf("}", open);
    if (close < 0) {
      parsed.problems.push({
        source: "${",
        message: "'${' starts a reference that no '}' ends",
        help: "close it with '}', or write '$${' for a literal '${'",
      });
      literal += text.slice(open);
      position = text.length;
      break;
    }
    const source = text.slice(open, close + 1);
    position = close + 1;
    const ref = parseReference(source);
    if ("kind" in ref) {
      pushText(parsed.segments, literal);
      literal = "";
      parsed.segments.push({ kind: "ref", ref, source });
    } else {
      parsed.problems.push({ source, ...ref });
      literal += source;
    }
  }
  pushText(parsed.segments, literal + text.slice(position));
  return parsed;
}

function pushText(segments: Segment[], text: string): void {
  if (text !== "") segments.push({ kind: "text", text });
}

function parseReference(source: string): Reference | Omit<ReferenceProblem, "source"> {
  const body = source.slice(2, -1).trim();
  const shown = shorten(source);
  const [path = "", ...filters] = body.split("|").map((part) => part.trim());
  const param = /^params\.([A-Za-z][A-Za-z0-9_]*)$/.exec(path)?.[1];
  if (param !== undefined) return withFilters(param, filters, shown);
  if (filters.length > 0) {
    return {
      message: `${shown} filters what is not a parameter`,
      help: "only a parameter takes '| identifier'",
    };
  }
  if (path === "item") return { kind: "item" };
  if (path.startsWith("run.")) return runReference(path.slice(4), shown);
  const [, step, output] = /^([A-Za-z][A-Za-z0-9_-]*)\.output\.([A-Za-z0-9_]+)$/.exec(path) ?? [];
  if (step !== undefined && step !== "params" && step !== "run") {
    if (output === "df") return { kind: "output", step };
    return {
      message: `${shown} asks for the output ${shorten(output!)}, a step has one, 'df'`,
      help: `write \${${step}.output.df}`,
    };
  }
  return notAReference(path, shown);
}

function withFilters(
  name: string,
  filters: string[],
  shown: string,
): Reference | Omit<ReferenceProblem, "source"> {
  if (filters.length === 0) return { kind: "param", name };
  if (filters.length === 1 && filters[0] === "identifier") {
    return { kind: "param", name, filter: "identifier" };
  }
  return {
    message: `${shown} has an unknown filter`,
    help: `the one filter is 'identifier': \${params.${name} | identifier}`,
  };
}

function runReference(field: string, shown: string): Reference | Omit<ReferenceProblem, "source"> {
  for (const known of RUN_FIELDS) if (field === known) return { kind: "run", field: known };
  const near = nearest(field, RUN_FIELDS);
  const help = near === undefined ? "a run has id, started_at and date" : `did you mean \${run.${near}}?`;
  return { message: `${shown} names an unknown fact of the run`, help };
}

function notAReference(path: string, shown: string): Omit<ReferenceProblem, "source"> {
  if (/^(env\.)?[A-Z_][A-Z0-9_]*(:-.*)?$/s.test(path) || path.startsWith("env.")) {
    // A default after ':-' may be a password.
    const name = path.replace(/:-.*$/s, ":-…");
    return {
      message: `${shorten(`\${${name}}`)} reads like an environment variable, which a pipeline cannot see`,
      help: "put it into osiris_connections.yaml and name that connection in the step's config " +
        "('connection: \"@family.alias\"'), or declare it under 'params'",
      environment: true,
    };
  }
  const step = /^([A-Za-z][A-Za-z0-9_-]*)(\.output|\.df)?$/.exec(path);
  if (step?.[2] !== undefined) {
    return { message: `${shown} is no reference`, help: `write \${${step[1]}.output.df}` };
  }
  if (step !== null) {
    return { message: `${shown} is no reference`, help: `for a parameter write \${params.${step[1]}}` };
  }
  return {
    message: `${shown} is no reference`,
    help: "write ${params.NAME}, ${run.id}, ${run.started_at} or ${run.date}; '$${' for a literal '${'",
  };
}

function shorten(text: string): string {
  const cut = text.length > 60 ? `${text.slice(0, 59)}…` : text;
  return `'${cut.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, " ")}'`;
}

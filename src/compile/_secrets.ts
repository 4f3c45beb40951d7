/** Refuses secrets that stand in a pipeline: by field, because a spec says so, and by shape, wherever they are. @module */

import type { FieldSchema } from "../component/mod.ts";
import { findSecrets } from "../connection/mod.ts";
import { parseReferences, type Path, type Pipeline } from "../oml/mod.ts";
import type { Findings } from "./_findings.ts";
import type { ParamValues } from "./_params.ts";

/** Reports every stretch of the text, and every value in it, that has the shape of a secret. */
export function refuseShapes(pipeline: Pipeline, findings: Findings): void {
  const seen = new Set<string>();
  const starts = lineStarts(pipeline.text);
  for (const { kind, index, length } of findSecrets(pipeline.text)) {
    seen.add(pipeline.text.slice(index, index + length));
    findings.add({
      code: "CMP210",
      severity: "error",
      message: shapeMessage("this text", kind),
      file: pipeline.file,
      ...placeOf(starts, index, length),
      redact: true,
      help: SHAPE_HELP,
    });
  }
  for (const step of pipeline.steps) {
    refuseHidden(step.config, ["steps", step.index, "config"], seen, findings);
  }
  pipeline.hooks.forEach(({ config }, index) => refuseHidden(config, ["hooks", index], seen, findings));
  for (const [name, profile] of Object.entries(pipeline.profiles)) {
    refuseHidden(profile.params, ["profiles", name, "params"], seen, findings);
    refuseHidden(profile.config, ["profiles", name, "config"], seen, findings);
  }
}

/** Reports values of parameters that have the shape of a secret and are not declared sensitive. */
export function refuseGivenShapes(
  given: { readonly [name: string]: unknown },
  pipeline: Pipeline,
  findings: Findings,
): void {
  for (const [name, value] of Object.entries(given)) {
    if (pipeline.params[name]?.sensitive) continue;
    const [found] = findSecrets(typeof value === "string" ? value : JSON.stringify(value) ?? "");
    if (!found) continue;
    findings.on(
      ["params", name],
      "CMP210",
      `Cannot set parameter '${name}': the given value is ${found.kind}, and a manifest would hold it`,
      {
        at: "key",
        help: `declare it with \`sensitive: true\``,
      },
    );
  }
}

/** A sensitive parameter must not have a value in the text. */
export function refuseSensitiveDefaults(pipeline: Pipeline, findings: Findings): void {
  for (const [name, decl] of Object.entries(pipeline.params)) {
    if (!decl.sensitive) continue;
    const help =
      `remove it, and give OSIRIS_PARAM_${name.toUpperCase()} or --param ${name}=… to 'osiris run'`;
    if (decl.default !== undefined && decl.default !== "") {
      const message =
        `Cannot compile: the sensitive parameter '${name}' has its value in the text, and should have none`;
      findings.on(["params", name, "default"], "CMP210", message, { redact: true, help });
    }
    for (const [profile, { params }] of Object.entries(pipeline.profiles)) {
      if (!Object.hasOwn(params, name)) continue;
      const message =
        `Cannot compile: profile '${profile}' holds the value of the sensitive parameter '${name}', and should not`;
      findings.on(["profiles", profile, "params", name], "CMP210", message, { redact: true, help });
    }
  }
}

/** Where in a configuration a secret stands literally, as paths, by the fields a spec calls secret. */
export function literalSecrets(
  schema: FieldSchema | undefined,
  raw: unknown,
  params: ParamValues,
  path: Path = [],
): Path[] {
  if (schema === undefined || raw === null || raw === undefined) return [];
  if (schema.secret === true) return isNamedOnly(raw, params) ? [] : [path];
  if (Array.isArray(raw)) {
    return raw.flatMap((item, i) => literalSecrets(schema.items, item, params, [...path, i]));
  }
  if (typeof raw !== "object") return [];
  const { properties = {}, additionalProperties } = schema;
  const other = typeof additionalProperties === "object" ? additionalProperties : undefined;
  return Object.entries(raw).flatMap(([key, item]) =>
    literalSecrets(Object.hasOwn(properties, key) ? properties[key] : other, item, params, [...path, key])
  );
}

/** Whether a value is nothing, or takes what is secret in it from sensitive parameters. */
function isNamedOnly(raw: unknown, params: ParamValues): boolean {
  if (raw === "") return true;
  if (typeof raw !== "string") return false;
  const refs = parseReferences(raw).segments.flatMap((
    segment,
  ) => (segment.kind === "ref" ? [segment.ref] : []));
  return refs.length > 0 &&
    refs.every((ref) => ref.kind === "param" && params.decl(ref.name)?.sensitive === true);
}

const SHAPE_HELP =
  "put it into osiris_connections.yaml as `key: ${VARIABLE}`, or declare a parameter with `sensitive: true` " +
  "and write ${params.name}; and change the secret, since it was written down";

function shapeMessage(where: string, kind: string): string {
  return `Cannot compile: ${where} has the shape of ${kind}, and a pipeline must hold no secret`;
}

/** Secrets that only appear once YAML's escapes and folds are read. */
function refuseHidden(value: unknown, path: Path, seen: ReadonlySet<string>, findings: Findings): void {
  if (typeof value === "string") {
    const found = findSecrets(value).find(({ index, length }) =>
      !seen.has(value.slice(index, index + length))
    );
    if (found) {
      findings.on(path, "CMP210", shapeMessage("this value", found.kind), { redact: true, help: SHAPE_HELP });
    }
  } else if (value !== null && typeof value === "object") {
    for (const [key, item] of Object.entries(value)) {
      refuseHidden(item, [...path, Array.isArray(value) ? Number(key) : key], seen, findings);
    }
  }
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

function placeOf(starts: readonly number[], index: number, length: number) {
  const [start, end] = [index, index + length].map((offset) => {
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - starts[low]! + 1 };
  }) as [{ line: number; column: number }, { line: number; column: number }];
  return { line: start.line, column: start.column, end_line: end.line, end_column: end.column };
}

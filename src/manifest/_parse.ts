/** Reading a manifest back, and what is wrong with one that nobody compiled so. @module */

import { type Document, isNode, LineCounter, parseDocument } from "yaml";
import schema from "../../schemas/manifest.schema.json" with { type: "json" };
import type { Checked, Code, Diagnostic } from "../diagnostic.ts";
import { pathOf, tellingErrors, validatorOf } from "../json_schema.ts";
import type { Manifest } from "../manifest.ts";
import { manifestFingerprint, stepFingerprint } from "./_fingerprints.ts";

const LONGEST_TEXT = 64 * 1024 * 1024;

const RECOMPILE = "edit the pipeline instead and run 'osiris compile' again";

/**
 * Reads a manifest back: YAML, shape, order of steps, and every fingerprint computed again, so that one
 * whose meaning was edited is refused by name. Another layout of the same content stays valid.
 */
export function parseManifest(text: string, file: string): Checked<Manifest> {
  const lines = new LineCounter();
  let document: Document.Parsed;
  let value: unknown;
  try {
    if (text.length > LONGEST_TEXT) throw new RangeError("it is larger than 64 MB");
    document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      uniqueKeys: true,
      version: "1.2",
      logLevel: "error", // 'silent' would take the first of several documents
    });
    value = document.errors.length > 0 ? undefined : document.toJS({ maxAliasCount: 0 });
  } catch (error) {
    const why = error instanceof RangeError && !error.message.startsWith("it ")
      ? "it is nested too deeply"
      : reasonOf(error);
    return {
      diagnostics: [
        found(
          "CMP213",
          file,
          `Cannot read the manifest: ${why}, but a manifest is what 'osiris compile' writes`,
        ),
      ],
    };
  }
  if (document.errors.length > 0) {
    return {
      diagnostics: document.errors.map((error) =>
        found(
          "CMP213",
          file,
          `Cannot read the manifest as YAML: ${reasonOf(error)}`,
          placeOf(lines, error.pos[0], error.pos[1]),
        )
      ),
    };
  }
  const shape = shapeProblems(value);
  if (shape.length > 0) {
    return {
      diagnostics: shape.map(({ path, message }) =>
        found("CMP213", file, `Cannot use the manifest: ${message}`, placeAt(document, lines, path))
      ),
    };
  }
  const manifest = value as Manifest;
  const diagnostics = [...orderProblems(manifest, file), ...checkFingerprint(manifest, file)];
  return diagnostics.length > 0 ? { diagnostics } : { value: manifest, diagnostics };
}

/** Computes every fingerprint again and names the steps whose content is not the one that was compiled. */
export function checkFingerprint(manifest: Manifest, file = manifest.pipeline.file): readonly Diagnostic[] {
  const stated = new Map(manifest.steps.map((step) => [step.id, step.fingerprint]));
  const differing = manifest.steps.filter((step) => {
    const component = manifest.components[step.component];
    const upstream = (id: string) => stated.get(id) ?? "";
    return !component || stepFingerprint(step, component, upstream, manifest.compiler) !== step.fingerprint;
  });
  if (differing.length > 0) {
    return differing.map((step) =>
      found(
        "CMP214",
        file,
        `Cannot use the manifest: step '${step.id}' is not as it was compiled, and a manifest must not be edited`,
      )
    );
  }
  if (manifestFingerprint(manifest) === manifest.fingerprint) return [];
  const message =
    "Cannot use the manifest: something beside the steps' own work (parameters, retries, time limits, " +
    "descriptions, dependencies) is not as it was compiled, and a manifest must not be edited";
  return [found("CMP214", file, message)];
}

function found(code: Code, file: string, message: string, place: Partial<Diagnostic> = {}): Diagnostic {
  return { code, severity: "error", message, file, ...place, help: RECOMPILE };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.split("\n")[0]!.replace(/[.:]$/, "") : String(error);
}

function placeOf(lines: LineCounter, from: number, to: number): Partial<Diagnostic> {
  const [start, end] = [lines.linePos(from), lines.linePos(Math.max(from, to))];
  return { line: start.line, column: start.col, end_line: end.line, end_column: end.col };
}

function placeAt(
  document: Document.Parsed,
  lines: LineCounter,
  path: readonly string[],
): Partial<Diagnostic> {
  const node = path.length === 0 ? document.contents : document.getIn(path, true);
  return isNode(node) && node.range ? placeOf(lines, node.range[0], node.range[1]) : {};
}

/** Where a manifest's shape is not the schema's, one message for each place. */
function shapeProblems(value: unknown): { path: string[]; message: string }[] {
  const { errors } = validatorOf(schema).validate(value);
  return tellingErrors(errors).slice(0, 20).map((error) => {
    const path = pathOf(error);
    const place = path.length === 0 ? "the document" : `'${path.join(".")}'`;
    const what = error.keyword === "false"
      ? "is no key of a manifest"
      : `does not have the form of a manifest (${error.error.replace(/\.$/, "")})`;
    return { path, message: `${place} ${what}` };
  });
}

/** Steps must be unique, known where they are named, and stand in an order in which they may run. */
function orderProblems(manifest: Manifest, file: string): Diagnostic[] {
  const problems: Diagnostic[] = [];
  const before = new Set<string>();
  for (const step of manifest.steps) {
    const say = (what: string) =>
      problems.push(found("CMP213", file, `Cannot use the manifest: step '${step.id}' ${what}`));
    if (before.has(step.id)) say("stands in it twice, and ids are unique");
    for (const id of new Set([...step.depends_on, ...step.needs, ...Object.values(step.inputs)])) {
      if (!before.has(id)) say(`depends on '${id}', which does not stand before it`);
    }
    if (!Object.hasOwn(manifest.components, step.component)) {
      say(`uses '${step.component}', which its components do not list`);
    }
    before.add(step.id);
  }
  return problems;
}

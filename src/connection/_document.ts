/** The text of the connections file: YAML, its shape by the schema, and where each thing stands. @module */

import { type Document, isMap, isNode, isScalar, LineCounter, type Pair, parseDocument } from "yaml";
import schema from "../../schemas/connections.schema.json" with { type: "json" };
import { type Diagnostic, nearest } from "../diagnostic.ts";
import { pathOf, type SchemaError, tellingErrors, validatorOf } from "../json_schema.ts";
import type { ConnectionEntry, ConnectionField, Place } from "./_shapes.ts";
import { malformedReference } from "./_variables.ts";
import { findSecrets } from "./secret_shapes.ts";

const LONGEST_TEXT = 1024 * 1024;
const DEEPEST = 50;

/** The aliases a text declares, beside everything wrong with its form. */
export function documentOf(
  text: string,
  file: string,
): { entries: ConnectionEntry[]; diagnostics: Diagnostic[] } {
  const reader = new Reader(text, file);
  const entries = reader.read();
  return { entries, diagnostics: reader.diagnostics };
}

class Reader {
  readonly diagnostics: Diagnostic[] = [];
  readonly #lines = new LineCounter();
  readonly #texts: readonly string[];

  constructor(readonly text: string, readonly file: string) {
    this.#texts = text.split("\n");
  }

  read(): ConnectionEntry[] {
    const document = this.#parse();
    if (!document) return [];
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    this.#checkShape(document, value);
    return this.diagnostics.length > 0 ? [] : this.#entries(document);
  }

  #parse(): Document.Parsed | undefined {
    const options = {
      lineCounter: this.#lines,
      prettyErrors: false,
      uniqueKeys: true,
      version: "1.2" as const,
      logLevel: "error" as const, // 'silent' would take the first of several documents
    };
    if (this.text.length > LONGEST_TEXT) {
      return this.#fail("it is larger than 1 MB, and should hold connections only");
    }
    if (deeperThan(this.text, DEEPEST)) {
      return this.#fail(`it is nested more than ${DEEPEST} levels deep, and should not be`);
    }
    const document = parseDocument(this.text, options);
    for (const { message, pos } of document.errors) {
      this.#say(
        "CON302",
        `Cannot read the connections as YAML: ${message.split("\n")[0]!.replace(/[.:]$/, "")}`,
        this.#place(pos[0], pos[1]),
      );
    }
    return document.errors.length > 0 ? undefined : document;
  }

  #fail(why: string): undefined {
    this.#say("CON302", `Cannot read the connections: ${why}`);
  }

  #checkShape(document: Document.Parsed, value: unknown): void {
    const { errors } = validatorOf(schema).validate(value);
    for (const error of tellingErrors(errors).slice(0, 50)) {
      const path = pathOf(error);
      const { message, help, atKey } = explain(error, path);
      this.#say("CON302", message, this.#placeAt(document, path, atKey), help);
    }
  }

  #entries(document: Document.Parsed): ConnectionEntry[] {
    return pairsOf(document.get("connections", true), document).flatMap((family) =>
      pairsOf(family.value, document).map((alias): ConnectionEntry => {
        const fields = pairsOf(alias.value, document);
        const isDefault = fields.some((field) =>
          keyOf(field) === "default" && scalarOf(field.value) === true
        );
        return {
          family: keyOf(family),
          alias: keyOf(alias),
          isDefault,
          fields: new Map(
            fields.filter((field) => keyOf(field) !== "default").map((
              field,
            ) => [keyOf(field), this.#field(field, document)]),
          ),
          place: this.#placeOf(alias.key),
          hides: this.#hides(this.#placeOf(alias.key)),
        };
      })
    );
  }

  #field(pair: Pair, document: Document.Parsed): ConnectionField {
    const raw = isNode(pair.value) ? pair.value.toJS(document, { maxAliasCount: 100 }) : pair.value ?? null;
    const [keyPlace, valuePlace] = [this.#placeOf(pair.key), this.#placeOf(pair.value ?? pair.key)];
    const hides = this.#hides({ ...keyPlace, end_line: valuePlace.end_line });
    const field = { raw, keyPlace, valuePlace, hides };
    if (malformedReference(raw) !== undefined) {
      this.#say(
        "CON302",
        `Cannot read field '${
          keyOf(pair)
        }': it contains a \${ that names no variable, and should be \${NAME} or \${NAME:-default}`,
        field.valuePlace,
        "write $${ for a literal ${",
      );
    }
    return field;
  }

  #placeAt(document: Document.Parsed, path: readonly string[], atKey: boolean): Place {
    if (path.length === 0) return this.#placeOf(document.contents);
    const parent = document.getIn(path.slice(0, -1), true);
    const pair = pairsOf(parent ?? document.contents, document).find((each) => keyOf(each) === path.at(-1));
    return this.#placeOf(pair && (atKey || !pair.value ? pair.key : pair.value));
  }

  #placeOf(node: unknown): Place {
    return isNode(node) && node.range ? this.#place(node.range[0], node.range[1]) : this.#place(0, 0);
  }

  #hides(place: Place): boolean {
    return this.#texts.slice(place.line - 1, place.end_line).some(mayHoldSecret);
  }

  #place(from: number, to: number): Place {
    const [start, end] = [this.#lines.linePos(from), this.#lines.linePos(Math.max(from, to))];
    return {
      line: start.line || 1,
      column: start.col || 1,
      end_line: end.line || 1,
      end_column: end.col || 1,
    };
  }

  #say(
    code: Diagnostic["code"],
    message: string,
    place?: Place,
    help = "see the guide on connections for the form of this file",
  ): void {
    const hides = place && this.#hides(place);
    this.diagnostics.push({
      code,
      severity: "error",
      message,
      file: this.file,
      ...place,
      ...(hides ? { redact: true } : {}),
      help,
    });
  }
}

const SECRET_WORD = /(?:pass|pwd|secret|token|key|credential|auth|dsn|ur[il])[\w-]*["']?\s*[:=]\s*[^\s,}#]/i;

/** Whether a source line may spell a secret out, so that no frame should show it. */
function mayHoldSecret(line: string): boolean {
  return SECRET_WORD.test(line.replace(/\$\{[^}]*\}/g, "")) || findSecrets(line).length > 0;
}

/** Whether brackets or indentation go deeper than `limit`; a parser that recurses must not see such a text. */
function deeperThan(text: string, limit: number): boolean {
  let depth = 0;
  for (const char of text) {
    if (char === "[" || char === "{") depth++;
    else if ((char === "]" || char === "}") && depth > 0) depth--;
    if (depth > limit) return true;
  }
  return /^(?:[ \t]*-[ \t]*){51}/m.test(text) || /^ {400}\S/m.test(text);
}

function explain(
  error: SchemaError,
  path: readonly string[],
): { message: string; help: string; atKey: boolean } {
  const name = path.at(-1);
  if (error.keyword === "required") {
    const missing = /"([^"]+)"/.exec(error.error)?.[1];
    return {
      message: `Cannot read the connections: '${missing}' is missing`,
      help: missing === "version" ? "add `version: 1`" : "add `connections:` with families and aliases",
      atKey: false,
    };
  }
  if (error.keyword === "false") {
    const near = nearest(name ?? "", ["version", "connections"]);
    return {
      message: `Cannot read the connections: '${name}' is no key of this file`,
      help: near ? `did you mean '${near}'?` : "the keys are version and connections",
      atKey: true,
    };
  }
  if (error.keyword === "pattern") {
    const kind = ["file", "family", "alias", "field"][path.length - 1] ?? "field";
    return {
      message: `Cannot read the connections: '${name}' is no name of ${
        kind === "family" ? "a" : kind === "alias" ? "an" : "a"
      } ${kind}`,
      help: `a name starts with a ${
        kind === "family" ? "small " : ""
      }letter and goes on with letters, digits, '_' and '-'`,
      atKey: true,
    };
  }
  if (error.keyword === "const") {
    return {
      message: "Cannot read the connections: 'version' is not 1, and should be",
      help: "write `version: 1`",
      atKey: false,
    };
  }
  if (name === "default") {
    return {
      message: "Cannot read the connections: 'default' should be true or false",
      help: "write `default: true`",
      atKey: false,
    };
  }
  const what =
    ["the document", `'${name}'`, `family '${name}'`, `alias '${path.slice(1).join(".")}'`][path.length];
  const inside = [
    "the keys version and connections",
    "families",
    "aliases",
    "fields such as `host: db.local`",
  ][path.length];
  return {
    message: `Cannot read the connections: ${what} should be a map of ${inside}`,
    help: "indent what belongs to it below it",
    atKey: path.length > 0,
  };
}

function pairsOf(node: unknown, document: Document.Parsed): Pair[] {
  const target = isNode(node) && "resolve" in node && typeof node.resolve === "function"
    ? node.resolve(document)
    : node;
  return isMap(target) ? target.items as Pair[] : [];
}

function keyOf(pair: Pair): string {
  return String(scalarOf(pair.key));
}

function scalarOf(node: unknown): unknown {
  return isScalar(node) ? node.value : node;
}

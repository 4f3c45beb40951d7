/**
 * From text to a located value. OML takes a plain part of YAML 1.2: one document, no tags, no merge
 * keys, each key once, at most 100 levels, aliases that do not explode, numbers that stay exact.
 *
 * What is too much is refused before the YAML library, which is recursive, gets to build it.
 *
 * @module
 */

import {
  Composer,
  CST,
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  Lexer,
  type Node,
  type Pair,
  type ParsedNode,
  Parser,
  type Scalar,
  visit,
  type YAMLError,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { type Findings, quote } from "./_findings.ts";
import type { Located, Place } from "./_located.ts";

/** The deepest that collections may nest. */
export const MAX_DEPTH = 100;
/** The most nodes that aliases may stand for, all together. */
const MAX_ALIASED = 100_000;
/** YAML mistakes cause more of their kind; the first few tell. */
const MAX_SYNTAX_FINDINGS = 20;

/** A document and its located value; the value is missing when the text is not the YAML that OML takes. */
export interface YamlText {
  readonly document?: Document.Parsed;
  readonly root?: Located;
}

/** Reads one YAML document. What is wrong goes into `findings`. */
export function readYaml(findings: Findings): YamlText {
  const tokens = tokenize(findings);
  if (tokens === undefined) return {};
  const composer = new Composer({ version: "1.2", uniqueKeys: false, intAsBigInt: true, merge: false });
  const [document] = composer.compose(tokens, true, findings.text.length) as Generator<Document.Parsed>;
  if (document === undefined || reportSyntax(document, findings)) return {};
  const converter = new Converter(findings);
  const root = converter.convert(document.contents);
  return converter.ok ? { document, root } : { document };
}

/** The library's syntax tree, built iteratively and given up at the first excess. */
function tokenize(findings: Findings): CST.Token[] | undefined {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  let offset = 0;
  let documents = 0;
  let previous: ReturnType<typeof CST.tokenType> = null;
  for (const lexeme of new Lexer().lex(findings.text)) {
    const type = CST.tokenType(lexeme);
    // A document's own '---' comes right after its mark; any other '---' starts another document.
    const starts = type === "doc-mode" || (type === "doc-start" && previous !== "doc-mode");
    previous = type;
    if (starts && ++documents > 1) {
      const place = { start: offset, end: offset };
      findings.at(place, "OML117", "Cannot read the pipeline: a second YAML document starts, should be one", {
        help: "write each pipeline into its own file; text that starts with '---' needs quotes",
      });
      return undefined;
    }
    for (const token of parser.next(lexeme)) tokens.push(token);
    if (parser.stack.length > MAX_DEPTH && parser.stack.filter(isCollectionToken).length > MAX_DEPTH) {
      reportDepth(findings, { start: offset, end: offset + lexeme.length });
      return undefined;
    }
    if (!isMarker(type)) offset += lexeme.length;
  }
  for (const token of parser.end()) tokens.push(token);
  return tokens;
}

/** Lexemes that are no part of the text. */
function isMarker(type: ReturnType<typeof CST.tokenType>): boolean {
  return type === "doc-mode" || type === "flow-error-end" || type === "scalar";
}

function isCollectionToken(token: CST.Token): boolean {
  return token.type === "block-map" || token.type === "block-seq" || token.type === "flow-collection";
}

function reportDepth(findings: Findings, place: Place): void {
  findings.at(
    place,
    "OML101",
    `Cannot read the pipeline: values nest more than ${MAX_DEPTH} levels deep, should be at most ${MAX_DEPTH}`,
  );
}

const SYNTAX_HELP: { readonly [code: string]: string } = {
  TAB_AS_INDENT: "indent with spaces",
  BAD_SCALAR_START: "put the text into quotes",
  BLOCK_AS_IMPLICIT_KEY: "put text that holds ': ' into quotes, or check the indentation",
  MULTILINE_IMPLICIT_KEY: "check the indentation and the quotes of this line and the line above",
  MISSING_CHAR: "check quotes, brackets and colons here and in the line above",
  BAD_INDENT: "indent the keys of one map alike",
  BAD_ALIAS: "put text that starts with '*' or '&' into quotes",
  UNEXPECTED_TOKEN: "check quotes and brackets here and in the line above",
};

/** Reports what the library found wrong; whether anything was. */
function reportSyntax(document: Document.Parsed, findings: Findings): boolean {
  const lines = new Set<number>();
  const problems = [...document.errors, ...document.warnings].sort((a, b) => a.pos[0] - b.pos[0]);
  for (const problem of problems) {
    const { line } = findings.lines.at(problem.pos[0]);
    if (lines.has(line) || lines.size === MAX_SYNTAX_FINDINGS) continue;
    lines.add(line);
    reportProblem(problem, document, findings);
  }
  if (document.directives.yaml.version !== "1.2") {
    const place = { start: 0, end: 0 };
    findings.at(place, "OML117", "Cannot read the pipeline: the file asks for another YAML, should be 1.2", {
      help: "remove the '%YAML' line",
    });
    return true;
  }
  return problems.length > 0;
}

function reportProblem(problem: YAMLError, document: Document.Parsed, findings: Findings): void {
  const [start, end] = problem.message.startsWith("Missing closing")
    ? openingQuote(document, problem.pos)
    : problem.pos;
  if (problem.code === "TAG_RESOLVE_FAILED") {
    const message = "Cannot read the pipeline: a YAML tag stands here, should be a plain value";
    findings.at({ start, end }, "OML117", message, {
      help: "remove the tag; put text that starts with '!' into quotes",
    });
    return;
  }
  const said = problem.message.replace(/[\p{Cc}]+/gu, " ").replace(/ at line \d+.*$/, "").trim();
  findings.at(
    { start, end },
    "OML100",
    `Cannot read the YAML: ${said.charAt(0).toLowerCase()}${said.slice(1)}`,
    {
      help: SYNTAX_HELP[problem.code],
    },
  );
}

/** A quote that nothing closes is noticed at the end of the text; the mistake is where it opens. */
function openingQuote(document: Document.Parsed, pos: [number, number]): [number, number] {
  let place = pos;
  visit(document, {
    Scalar(_, node) {
      const [start, end] = node.range ?? [0, 0];
      if (start < pos[0] && pos[0] <= end + 1) place = [start, start + 1];
    },
  });
  return place;
}

/** Turns the library's nodes into located values, following aliases. */
class Converter {
  ok = true;
  #aliased = 0;
  readonly #anchors = new Map<string, Located | "open">();

  constructor(readonly findings: Findings) {}

  convert(node: ParsedNode | Node | null): Located {
    if (node === null) return { kind: "scalar", value: null, start: 0, end: 0, depth: 0, size: 1 };
    if (isAlias(node)) return this.#follow(node.source, placeOfNode(node));
    const anchor = (node as { anchor?: string }).anchor;
    if (anchor !== undefined) this.#anchors.set(anchor, "open");
    const located = this.#build(node);
    if (anchor !== undefined) this.#anchors.set(anchor, located);
    return located;
  }

  #build(node: Node): Located {
    if (isMap(node)) return this.#map(node as YAMLMap);
    if (isSeq(node)) return this.#list(node as YAMLSeq);
    return this.#scalar(node as Scalar);
  }

  #follow(anchor: string, place: Place): Located {
    const target = this.#anchors.get(anchor);
    if (target === undefined || target === "open") {
      const is = target === undefined ? "names no anchor above it" : "stands inside its own anchor";
      this.#refuse(place, "OML100", `the alias ${quote("*" + anchor)} ${is}, should name an earlier value`);
      return this.#nothing(place);
    }
    this.#aliased += target.size;
    if (this.#aliased > MAX_ALIASED) {
      if (this.ok) {
        const message = `aliases stand for more than ${MAX_ALIASED} values, should be fewer`;
        this.#refuse(
          place,
          "OML101",
          message,
          "write the values out, or keep data in files that a step reads",
        );
      }
      return this.#nothing(place);
    }
    return target;
  }

  #map(node: YAMLMap): Located {
    const entries = new Map<string, { key: Place; node: Located }>();
    const value: Record<string, unknown> = {};
    for (const pair of node.items as Pair<Node, Node | null>[]) {
      const key = this.#key(pair.key);
      const held = this.#pairValue(pair);
      if (key === undefined) continue;
      const first = entries.get(key.text);
      if (first !== undefined) {
        const { line } = this.findings.lines.at(first.key.start);
        const message = `the key ${quote(key.text)} is given twice, the first time on line ${line}`;
        this.#refuse(key.place, "OML109", message, "keep one of the two");
        continue;
      }
      entries.set(key.text, { key: key.place, node: held });
      value[key.text] = held.value;
    }
    const parts = [...entries.values()].map((entry) => entry.node);
    return { kind: "map", value, entries, ...placeOfNode(node), ...this.#measure(parts, placeOfNode(node)) };
  }

  #list(node: YAMLSeq): Located {
    const items = node.items.map((item) =>
      isPair(item) ? this.#nothing(placeOfNode(node)) : this.convert(item as Node)
    );
    const value = items.map((item) => item.value);
    return { kind: "list", value, items, ...placeOfNode(node), ...this.#measure(items, placeOfNode(node)) };
  }

  #pairValue(pair: Pair<Node, Node | null>): Located {
    if (pair.value !== null) return this.convert(pair.value);
    const { end } = placeOfNode(pair.key);
    return this.#nothing({ start: end, end });
  }

  #key(node: Node): { text: string; place: Place } | undefined {
    const place = placeOfNode(node);
    if (!isScalar(node) || node.value === null) {
      this.#refuse(
        place,
        "OML117",
        "a key is not a text, should be one",
        "write the key as a word or in quotes",
      );
      return undefined;
    }
    const text = typeof node.value === "string" ? node.value : node.source ?? String(node.value);
    if (text === "<<" && node.type === "PLAIN") {
      this.#refuse(place, "OML117", "'<<' merges maps, which OML does not", "write the keys out");
      return undefined;
    }
    // An object would take it as its prototype; no field, step or column needs that name.
    if (text === "__proto__") {
      this.#refuse(place, "OML117", "the key '__proto__' is reserved", "choose another name");
      return undefined;
    }
    return { text, place };
  }

  #scalar(node: Scalar): Located {
    const place = placeOfNode(node);
    let value = node.value as string | number | bigint | boolean | null;
    if (typeof value === "bigint" || typeof value === "number") {
      value = this.#number(value, node.source ?? "", place);
    }
    return { kind: "scalar", value, ...place, depth: 0, size: 1 };
  }

  #number(value: number | bigint, source: string, place: Place): number {
    const number = Number(value);
    if (!Number.isFinite(number)) {
      this.#refuse(
        place,
        "OML118",
        "the number is not finite, should be a finite one",
        "put it into quotes for a text",
      );
    } else if (isWhole(value, source) && !Number.isSafeInteger(number)) {
      const message = "the integer is beyond 2^53 and would be rounded, should be within ±9007199254740991";
      this.#refuse(place, "OML118", message, "put it into quotes to keep every digit as text");
    }
    return number;
  }

  #measure(parts: readonly Located[], place: Place): { depth: number; size: number } {
    let depth = 1;
    let size = 1;
    for (const part of parts) {
      depth = Math.max(depth, part.depth + 1);
      size += part.size;
    }
    // Only aliases can take it there; what the text itself nests was measured before.
    if (depth > MAX_DEPTH && this.ok) {
      this.ok = false;
      reportDepth(this.findings, place);
    }
    return { depth, size };
  }

  #nothing(place: Place): Located {
    return { kind: "scalar", value: null, ...place, depth: 0, size: 1 };
  }

  #refuse(
    place: Place,
    code: "OML100" | "OML101" | "OML109" | "OML117" | "OML118",
    what: string,
    help?: string,
  ): void {
    this.ok = false;
    this.findings.at(place, code, `Cannot read the pipeline: ${what}`, { help });
  }
}

function isWhole(value: number | bigint, source: string): boolean {
  return typeof value === "bigint" || /^[-+]?\d+\.?0*$/.test(source);
}

function placeOfNode(node: Node): Place {
  const [start, end] = node.range ?? [0, 0];
  return { start, end };
}

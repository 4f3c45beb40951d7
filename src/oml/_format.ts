/**
 * The one layout of a pipeline text: keys in the order of the language, two spaces, comments kept, the meaning
 * the same. Whatever the YAML library does with a text, the result is only given out when it still says what
 * the text said and holds every comment.
 *
 * @module
 */

import { isDeepStrictEqual } from "node:util";
import {
  CST,
  type Document,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  type Node,
  type Pair,
  type ParsedNode,
  type ScalarTag,
  visit,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { type Checked, OsirisError } from "../diagnostic.ts";
import { Findings } from "./_findings.ts";
import { refusalDiagnostic } from "./_pipeline.ts";
import { resolve, type Schema, schema } from "./_schema.ts";
import { decode, Lines } from "./_source.ts";
import { readYaml, type YamlText } from "./_yaml.ts";

/** The longest line a list or map in brackets may take before it is written line by line. */
const WIDTH = 110;
/** Comments may move once or twice before they rest. */
const MAX_ROUNDS = 5;

/**
 * Formats a pipeline text. It need not be a valid pipeline, but valid YAML of the kind OML takes. Formatting
 * twice changes nothing; the value stays the same; comments are kept.
 */
export function formatOml(text: string, file: string): Checked<string> {
  const decoded = decode(text);
  if ("refusal" in decoded) return { diagnostics: [refusalDiagnostic(decoded.refusal, file)] };
  const findings = findingsOf(decoded.text, file);
  const given = readYaml(findings);
  if (given.root === undefined) return { diagnostics: findings.sorted };
  // Comments alone have no layout.
  if (given.root.value === null) {
    return { value: `${decoded.text.replaceAll("\r\n", "\n").trim()}\n`, diagnostics: [] };
  }
  const formatted = settle(decoded.text, given, file);
  if (formatted === undefined) {
    findings.at(
      { start: 0, end: 0 },
      "OML119",
      "Cannot format the pipeline: a comment stands where formatting would lose or move it",
      {
        help: "put comments on lines of their own, above a key or a list item",
      },
    );
    return { diagnostics: findings.sorted };
  }
  return { value: formatted, diagnostics: [] };
}

function findingsOf(text: string, file: string): Findings {
  return new Findings(file, text, new Lines(text));
}

/** Formats until nothing changes. */
function settle(original: string, given: YamlText, file: string): string | undefined {
  let before = original;
  let yaml = given;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const after = layout(yaml.document!, before);
    if (!isDeepStrictEqual(commentsOf(after), commentsOf(original))) return undefined;
    yaml = readYaml(findingsOf(after, file));
    if (yaml.root === undefined || !isDeepStrictEqual(yaml.root.value, given.root!.value)) {
      throw new OsirisError(
        "BUG900",
        "Cannot format the pipeline: the formatted text would mean something else",
      );
    }
    if (after === before) return after;
    before = after;
  }
  return undefined;
}

function layout(document: Document.Parsed, text: string): string {
  if (!hasAliases(document)) order(document.contents, schema);
  visit(document, {
    Collection(_, node) {
      if (!node.flow) return;
      const [start, end] = (node as ParsedNode).range;
      if (text.slice(start, end).replace(/\s+/g, " ").length > WIDTH) node.flow = false;
      else pad(node);
    },
  });
  keepScalars(document, text);
  return document.toString({
    indent: 2,
    indentSeq: true,
    lineWidth: 0,
  });
}

/**
 * Quotes, escapes and the way numbers are written stay as they are: a scalar of one line is copied. Folded texts
 * are folded anew.
 */
function keepScalars(document: Document.Parsed, text: string): void {
  document.schema.tags = document.schema.tags.map((tag) => {
    if ("collection" in tag || tag.stringify === undefined) return tag;
    const { stringify } = tag;
    const copy: ScalarTag["stringify"] = (item, context, ...rest) => {
      const [start, end] = item.range ?? [0, 0];
      const source = text.slice(start, end);
      const block = item.type === "BLOCK_FOLDED" || item.type === "BLOCK_LITERAL";
      if (source !== "" && !block && !source.includes("\n")) return source;
      return stringify(
        item,
        { ...context, options: { ...context.options, lineWidth: block ? WIDTH : 0 } },
        ...rest,
      );
    };
    return { ...tag, stringify: copy } as ScalarTag;
  });
}

/** Braces get room inside and brackets none, as most people write them; the library pads both or neither. */
function pad(node: YAMLMap | YAMLSeq): void {
  const padding = isMap(node) ? " " : "";
  const write = node.toString.bind(node);
  node.toString = (context, ...rest) =>
    write(context && { ...context, flowCollectionPadding: padding }, ...rest);
}

/** An alias must stay below its anchor, so a text with aliases keeps its order. */
function hasAliases(document: Document.Parsed): boolean {
  let found = false;
  visit(document, {
    Alias() {
      found = true;
      return visit.BREAK;
    },
  });
  return found;
}

/** Sorts the keys that the language knows, as the schema lists them; keys of one's own stay last, in their order. */
function order(node: Node | null, given: Schema): void {
  const shape = shapeOf(node, given);
  if (isSeq(node)) { for (const item of node.items) order(item as Node, shape.items ?? {}); }
  if (!isMap(node)) return;
  const known = Object.keys(shape.properties ?? {});
  const rank = (pair: Pair) => {
    const index = known.indexOf(keyOf(pair));
    return index < 0 ? known.length : index;
  };
  if (known.length > 0) sortPairs(node, rank);
  for (const pair of node.items as Pair<Node, Node | null>[]) {
    const held = shape.properties?.[keyOf(pair)] ?? shape.additionalProperties;
    if (held) order(pair.value, held);
  }
}

function sortPairs(map: YAMLMap, rank: (pair: Pair) => number): void {
  const sorted = map.items.map((pair, index) => ({ pair, index }))
    .sort((a, b) => rank(a.pair) - rank(b.pair) || a.index - b.index)
    .map(({ pair }) => pair);
  map.items.splice(0, map.items.length, ...sorted);
}

function keyOf(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : "";
}

/** The schema of a node, where several shapes are possible the one for its kind. */
function shapeOf(node: Node | null, given: Schema): Schema {
  const schema = resolve(given);
  if (schema.anyOf === undefined) return schema;
  const type = isMap(node) ? "object" : isSeq(node) ? "array" : "string";
  return schema.anyOf.map(resolve).find((branch) => branch.type === type) ?? {};
}

/** Every comment of a text, sorted. */
function commentsOf(text: string): string[] {
  const comments: string[] = [];
  for (const lexeme of new Lexer().lex(text)) {
    if (CST.tokenType(lexeme) === "comment") comments.push(lexeme.trim());
  }
  return comments.sort();
}

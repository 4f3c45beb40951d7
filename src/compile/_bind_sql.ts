/**
 * Turns the references in a SQL text into bound values.
 *
 * What must stay true: no parameter's value ever becomes SQL text, except a name that was asked for with
 * `| identifier`, and that one quoted. Wherever a reference stands, what replaces it is `$name`, a cast of
 * it, or a quoted name; where none of these can stand, it is a finding.
 *
 * @module
 */

import type { Binding } from "../manifest.ts";
import { parseReferences, type Reference } from "../oml/mod.ts";
import type { ParamValues } from "./_params.ts";
import { HOLE, sqlTokens, type Token } from "./_sql_tokens.ts";

/** Why a piece of a SQL text cannot stand as it is. */
export interface SqlProblem {
  /** The piece of the source text. */
  readonly source: string;
  readonly message: string;
  readonly help: string;
}

export interface BoundSql {
  /** The text with `$name` for references. */
  readonly text: string;
  readonly bind: ReadonlyMap<string, Binding>;
  readonly problems: readonly SqlProblem[];
}

/** Binds the references of one SQL text. References that name nothing were reported by the language and stay out. */
export function bindSql(sql: string, params: ParamValues): BoundSql {
  const refs: Hole[] = [];
  const holed = parseReferences(sql).segments.map((segment) => {
    if (segment.kind === "text") return segment.text.replaceAll(HOLE, " ");
    refs.push({ ref: segment.ref, source: segment.source });
    return HOLE;
  }).join("");
  return new Binder(sqlTokens(holed), refs, params).run();
}

interface Hole {
  readonly ref: Reference;
  readonly source: string;
}

type Value = Binding & { readonly name: string };

const TIME_TYPES = new Set(["DATE", "TIME", "TIMETZ", "TIMESTAMP", "TIMESTAMPTZ", "DATETIME", "INTERVAL"]);
const UNIT =
  /^(?:year|month|week|day|hour|minute|second|quarter|decade|century|millennium|millisecond|microsecond)s?$/i;

class Binder {
  readonly #bind = new Map<string, Binding>();
  readonly #problems: SqlProblem[] = [];
  /** What each token became; parallel to the tokens. */
  readonly #out: string[] = [];
  #next = 0;

  constructor(
    readonly tokens: readonly Token[],
    readonly refs: readonly Hole[],
    readonly params: ParamValues,
  ) {}

  run(): BoundSql {
    this.tokens.forEach((token, i) => this.#out.push(this.#write(token, i)));
    return { text: this.#out.join(""), bind: this.#bind, problems: this.#problems };
  }

  #write(token: Token, i: number): string {
    const holes = token.text.split(HOLE).length - 1;
    if (holes === 0) return this.#plain(token);
    const taken = this.refs.slice(this.#next, this.#next += holes);
    switch (token.kind) {
      case "hole":
        return this.#bare(taken[0]!, i);
      case "text":
        return this.#inText(token, taken, i);
      case "comment":
        return taken.reduce((text, { source }) => text.replace(HOLE, () => source.slice(1)), token.text);
      case "name":
        return this.#refuse(
          taken,
          "stands inside a quoted name",
          "write ${params.name | identifier} in place of the quotes",
        );
      default:
        return this.#refuse(taken, "stands inside a dollar-quoted text", "write the text with single quotes");
    }
  }

  #plain(token: Token): string {
    if (token.kind === "dollar_name") {
      this.#say(
        token.text,
        `'${token.text}' is a value that nobody binds`,
        "declare a parameter and write ${params.name}",
      );
    } else if (token.kind === "mark" && token.text === "?") {
      this.#say("?", "'?' is a value that nobody binds", "declare a parameter and write ${params.name}");
    }
    return token.text;
  }

  /** A reference outside quotes. */
  #bare(hole: Hole, i: number): string {
    const [before, after] = [this.tokens[i - 1], this.tokens[i + 1]];
    const glued =
      [before, after].some((token) => token && ["word", "number", "hole", "name"].includes(token.kind)) ||
      before?.kind === "dollar_name";
    if (hole.ref.kind === "param" && hole.ref.filter === "identifier") {
      if (glued) {
        return this.#refuse(
          [hole],
          "makes a name and stands inside another",
          "put the whole name into the parameter",
        );
      }
      return this.#identifier(hole);
    }
    if (glued || before?.text === "." || after?.text === ".") {
      return this.#refuse(
        [hole],
        "is a value and stands inside a name",
        "write ${params.name | identifier} for a name",
      );
    }
    const value = this.#value(hole);
    return value === undefined ? "NULL" : this.#placed(value, `$${value.name}`, i, true);
  }

  /** A text with references: a value when it holds nothing else, otherwise a concatenation. */
  #inText(token: Token, holes: readonly Hole[], i: number): string {
    const open = token.text.indexOf("'");
    const prefix = token.text.slice(0, open);
    if (!token.closed) {
      return this.#refuse(holes, "stands in a text whose quote is never closed", "close the quote");
    }
    if (/x/i.test(prefix)) return this.#refuse(holes, "stands inside a blob", "bind a text and cast it");
    const named = holes.find(({ ref }) => ref.kind === "param" && ref.filter !== undefined);
    if (named) {
      return this.#refuse(
        [named],
        "makes a name and stands inside a text",
        "remove '| identifier', or the quotes",
      );
    }
    const pieces = token.text.slice(open + 1, -1).split(HOLE);
    if (prefix !== "" && pieces.some((piece) => /(?:^|[^\\])(?:\\\\)*\\$/.test(piece))) {
      return this.#refuse(holes, "stands right after a backslash", "double the backslash");
    }
    const values = holes.map((hole) => this.#value(hole));
    const alone = pieces.length === 2 && pieces.every((piece) => piece === "");
    if (alone) {
      return values[0] === undefined ? "NULL" : this.#placed(values[0], `$${values[0].name}`, i, true);
    }
    const parts = pieces.flatMap((piece, at) => {
      const value = values[at - 1];
      if (value && (value.type === "list" || value.type === "map")) {
        this.#refuse(
          [holes[at - 1]!],
          `is a ${value.type} and stands inside a text`,
          "use it as a value of its own",
        );
      }
      const text = piece === "" ? [] : [`${prefix}'${piece}'`];
      return at === 0 ? text : [value ? `CAST($${value.name} AS VARCHAR)` : "NULL", ...text];
    });
    return this.#placed(undefined, `(${parts.join(" || ")})`, i, false);
  }

  /** The expression as its neighbours need it: after `DATE`, after `INTERVAL`, after `IN`. */
  #placed(value: Value | undefined, expression: string, i: number, alone: boolean): string {
    const typeWords = this.#typeBefore(i);
    if (typeWords.length > 0) return this.#typed(typeWords, expression, i, alone);
    if (value?.type !== "list") return expression;
    const before = this.#solid(i, -1);
    if (this.#isWord(before, "IN")) return `(SELECT unnest(${expression}))`;
    const opens = before >= 0 && this.tokens[before]!.text === "(" &&
      this.#isWord(this.#solid(before, -1), "IN");
    const after = this.#solid(i, 1);
    return opens && this.tokens[after]?.text === ")" ? `SELECT unnest(${expression})` : expression;
  }

  /** `DATE '…'` takes only a literal, so it becomes a cast; `INTERVAL … DAY` takes an expression in brackets. */
  #typed(typeWords: readonly number[], expression: string, i: number, alone: boolean): string {
    const type = typeWords.map((at) => this.tokens[at]!.text.toUpperCase()).join(" ");
    const after = this.tokens[this.#solid(i, 1)];
    if (type === "INTERVAL" && alone && after?.kind === "word" && UNIT.test(after.text)) {
      return `(${expression})`;
    }
    for (let at = typeWords[0]!; at < i; at++) if (this.tokens[at]!.kind !== "comment") this.#out[at] = "";
    return `CAST(${expression} AS ${type})`;
  }

  /** The tokens of the type name right before this one, as `DATE` or `TIMESTAMP WITH TIME ZONE`; empty for none. */
  #typeBefore(i: number): number[] {
    const before = this.#solid(i, -1);
    const word = this.#wordAt(before);
    if (word === undefined) return [];
    if (TIME_TYPES.has(word)) return [before];
    if (word !== "ZONE") return [];
    const time = this.#solid(before, -1);
    const joint = this.#solid(time, -1);
    const type = this.#solid(joint, -1);
    const matches = this.#isWord(time, "TIME") &&
      (this.#isWord(joint, "WITH") || this.#isWord(joint, "WITHOUT")) &&
      (this.#isWord(type, "TIME") || this.#isWord(type, "TIMESTAMP"));
    return matches ? [type, joint, time, before] : [];
  }

  /** The index of the nearest token that is neither space nor comment; -1 or beyond the end for none. */
  #solid(i: number, step: 1 | -1): number {
    let at = i + step;
    while (this.tokens[at]?.kind === "space" || this.tokens[at]?.kind === "comment") at += step;
    return at;
  }

  #wordAt(i: number): string | undefined {
    const token = this.tokens[i];
    return token?.kind === "word" ? token.text.toUpperCase() : undefined;
  }

  #isWord(i: number, word: string): boolean {
    return this.#wordAt(i) === word;
  }

  #identifier(hole: Hole): string {
    const value = this.#lookUp(hole);
    if (value === undefined) return '"?"';
    if (value.symbol !== undefined) {
      return this.#refuse(
        [hole],
        "makes a name of what only the run knows",
        "use a parameter that is not sensitive",
      );
    }
    const name = String(value.value);
    if (name === "" || name.includes(HOLE)) {
      return this.#refuse([hole], "makes a name of a text that can be none", "give it a name");
    }
    return `"${name.replaceAll('"', '""')}"`;
  }

  /** The value of a reference, bound under its name; undefined while it has none. */
  #value(hole: Hole): Value | undefined {
    const value = this.#lookUp(hole);
    if (value === undefined) return undefined;
    const { name, ...binding } = value;
    this.#bind.set(name, binding);
    return value;
  }

  #lookUp({ ref }: Hole): Value | undefined {
    if (ref.kind === "run") {
      return { name: this.params.runName(ref.field), type: RUN_TYPES[ref.field], symbol: `run.${ref.field}` };
    }
    return ref.kind === "param" ? this.params.binding(ref.name) : undefined;
  }

  #refuse(holes: readonly Hole[], what: string, help: string): string {
    for (const { source } of holes) this.#say(source, `'${source}' ${what}`, help);
    return "NULL";
  }

  #say(source: string, message: string, help: string): void {
    this.#problems.push({ source, message, help });
  }
}

const RUN_TYPES = { id: "string", started_at: "timestamp", date: "date" } as const;

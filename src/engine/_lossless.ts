/**
 * Types that keep what a sample shows, where the engine's guess would not.
 *
 * Integers beyond 64 bits are guessed to be doubles, which hold 15 to 17 digits: an identifier of twenty
 * digits would become another one. And `inf` is guessed to be a date.
 *
 * @module
 */

import type { Column } from "./engine.ts";
import { identifier } from "./_quote.ts";
import type { Asking } from "./_scan.ts";
import { replaceTypes } from "./_types.ts";

/** Rows that show of most columns that their guessed type is right. */
const FIRST_ROWS = 50;

const INTEGER = /^\s*[+-]?[0-9]+\s*$/;
const INFINITY = /^\s*[+-]?inf(?:inity)?\s*$/i;

/**
 * The columns of a sample with types that keep their values.
 *
 * @param texts gives a query for the texts of some columns, one row for each row of the sample
 */
export async function lossless(
  guessed: readonly Column[],
  texts: (names: readonly string[]) => string,
  ask: Asking,
): Promise<readonly Column[]> {
  const doubtful = guessed.filter((column) => pattern(column) !== undefined);
  if (doubtful.length === 0) return guessed;
  const first = await ask.rows(`SELECT * FROM (${texts(namesOf(doubtful))}) LIMIT ${FIRST_ROWS}`);
  const suspects = doubtful.filter((column, i) =>
    first.every((row) => row[i] === null || pattern(column)!.test(String(row[i])))
  );
  if (suspects.length === 0) return guessed;
  const counts = suspects.map(({ name, type }) => {
    const text = identifier(name);
    const right = isTime(type) ? "[+-]?(?i:inf(inity)?)" : "[+-]?[0-9]+";
    const beyond = (integer: string) => `count(${text}) FILTER (TRY_CAST(${text} AS ${integer}) IS NULL)`;
    return `count(${text}), count(${text}) FILTER (NOT regexp_full_match(trim(${text}), '${right}')), ` +
      `${beyond("BIGINT")}, ${beyond("HUGEINT")}`;
  });
  const [found] = await ask.rows(`SELECT ${counts.join(", ")} FROM (${texts(namesOf(suspects))})`);
  const better = new Map(suspects.map((column, i) => {
    const [all, others, ...beyond] = found!.slice(i * 4, i * 4 + 4).map(Number);
    return [column.name, all === 0 || others! > 0 ? column.type : betterType(column.type, beyond)];
  }));
  return guessed.map(({ name, type }) => ({ name, type: better.get(name) ?? type }));
}

/** `beyond` counts the values that do not fit into 64 and into 128 bits. */
function betterType(type: string, [beyondBig, beyondHuge]: number[]): string {
  if (isTime(type)) return "DOUBLE";
  if (beyondHuge! > 0) return "VARCHAR";
  if (beyondBig! > 0) return "HUGEINT";
  return type === "HUGEINT" ? "BIGINT" : type;
}

/** What every value of a column looks like when its guessed type does not keep it. */
function pattern({ type }: Column): RegExp | undefined {
  if (type === "DOUBLE" || type === "HUGEINT") return INTEGER;
  return isTime(type) ? INFINITY : undefined;
}

function isTime(type: string): boolean {
  return type === "DATE" || type.startsWith("TIMESTAMP");
}

/**
 * The nested columns of a JSON sample with types that keep their numbers. Where one field of a column holds
 * an integer beyond 64 bits, all of its doubles are changed: a sample does not say cheaply which field it was.
 */
export async function losslessNested(
  guessed: readonly Column[],
  texts: (names: readonly string[]) => string,
  ask: Asking,
): Promise<readonly Column[]> {
  const numbers = /\b(?:DOUBLE|HUGEINT)\b/;
  const nested = guessed.filter(({ type }) => /[([]/.test(type) && replaceTypes(type, numbers, "") !== type);
  if (nested.length === 0) return guessed;
  const counts = nested.map(({ name }) => {
    const bare = `regexp_replace(${identifier(name)}, '"([^"\\\\]|\\\\.)*"', '', 'g')`;
    const holding = (number: string) => `count(*) FILTER (regexp_matches(${bare}, '${number}'))`;
    return [
      holding("(^|[^0-9.eE+-])-?[0-9]{19,}([^0-9.eE]|$)"),
      holding("[0-9]{39,}"),
      holding("[0-9][.eE]"),
    ].join(", ");
  });
  const [found] = await ask.rows(`SELECT ${counts.join(", ")} FROM (${texts(namesOf(nested))})`);
  const better = new Map(nested.map(({ name, type }, i) => {
    const [large, larger, fractions] = found!.slice(i * 3, i * 3 + 3).map(Number);
    if (large === 0) return [name, replaceTypes(type, /\bHUGEINT\b/, "BIGINT")];
    return [name, replaceTypes(type, numbers, larger! > 0 || fractions! > 0 ? "VARCHAR" : "HUGEINT")];
  }));
  return guessed.map(({ name, type }) => ({ name, type: better.get(name) ?? type }));
}

function namesOf(columns: readonly Column[]): string[] {
  return columns.map((column) => column.name);
}

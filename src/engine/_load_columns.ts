/**
 * How a column of the input gets into one of a table: as it is where both have one type, and otherwise by a cast that
 * every value has to come back from.
 *
 * @module
 */

import type { Column } from "./engine.ts";
import { identifier, literal } from "./_quote.ts";

const NUMBER = /^(?:U?(?:TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL\(\d+,\d+\))$/;
const TIME = /^(?:DATE|TIMESTAMP(?:_S|_MS|_NS)?)$/;
const WORDS = /^(?:VARCHAR|JSON|UUID|ENUM\(.*\))$/s;
const MARK = "osiris keeps: ";

/** The value for a table's column; undefined where the types have nothing in common. */
export function exactly({ name, type }: Column, target: Column): string | undefined {
  const value = identifier(name);
  if (type === target.type) return value;
  const akin = [NUMBER, TIME, WORDS].some((kind) => kind.test(type) && kind.test(target.type));
  if (!akin) return undefined;
  const cast = `TRY_CAST(${value} AS ${target.type})`;
  const said = literal(MARK + JSON.stringify([name, target.type]));
  const cry = `error(${said} || left(${value}::VARCHAR, 200))`;
  return `CASE WHEN ${value} IS NOT NULL AND TRY_CAST(${cast} AS ${type}) IS DISTINCT FROM ${value} ` +
    `THEN CAST(${cry} AS ${target.type}) ELSE ${cast} END`;
}

/** A value that a column does not keep. */
export interface Unkept {
  readonly column: string;
  readonly type: string;
  readonly value: string;
}

/** The value that an error of such a cast tells of. */
export function unkept(message: string): Unkept | undefined {
  const at = message.indexOf(MARK);
  const told = at < 0
    ? null
    : /^\["(?:[^"\\]|\\.)*","(?:[^"\\]|\\.)*"\]/.exec(message.slice(at + MARK.length));
  if (told === null) return undefined;
  const [column, type] = JSON.parse(told[0]) as [string, string];
  return { column, type, value: message.slice(at + MARK.length + told[0].length).split("\n")[0]! };
}

/** In words. */
export function keptValue({ column, type, value }: Unkept): string {
  return `column '${column}' has '${value}', which the table's ${type} would change`;
}

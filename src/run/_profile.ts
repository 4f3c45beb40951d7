import type { ColumnProfile, DiscoveredTable, TableProfile } from "../component/mod.ts";

/** What the values of a table's columns are like, by the sample that its driver gave. */
export function profileOfSamples({ columns, samples }: DiscoveredTable): TableProfile {
  return {
    rows: samples.length,
    columns: columns.map(({ name, type }) => profileOf(name, type, samples.map((row) => row[name] ?? null))),
  };
}

function profileOf(name: string, type: string, values: readonly unknown[]): ColumnProfile {
  const there = values.filter((value) => value !== null);
  const texts = [...new Set(there.map(textOf))];
  const ordered = there.every((value) => typeof value !== "object" && typeof value !== "boolean")
    ? texts.sort(NUMERIC.test(type) ? byNumber : undefined)
    : [];
  return {
    name,
    nulls: values.length - there.length,
    distinct: texts.length,
    min: ordered[0] ?? null,
    max: ordered.at(-1) ?? null,
  };
}

const NUMERIC = /^(?:U?(?:TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL)\b/;

function textOf(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** By size; whole numbers of any size exactly. */
function byNumber(a: string, b: string): number {
  const whole = /^-?\d+$/;
  if (whole.test(a) && whole.test(b)) {
    const [x, y] = [BigInt(a), BigInt(b)];
    return x < y ? -1 : x > y ? 1 : 0;
  }
  return Number(a) - Number(b);
}

import { CsvError, parse } from "csv-parse";
import { Readable } from "node:stream";
import type { Json } from "../http/mod.ts";

/** Records of lines with a header, every value as text; what is empty and not quoted is null. */
export async function* csvRecords(
  texts: AsyncIterable<string> | Iterable<string>,
  { delimiter }: { readonly delimiter: string },
  wrong: (what: string, begins: string) => Error,
): AsyncGenerator<Json[]> {
  const parser = parse({
    delimiter,
    columns: demandDifferent(wrong),
    bom: true,
    skip_empty_lines: true,
    cast: (value, { quoting, header }) => value === "" && !quoting && !header ? null : value,
  });
  const source = Readable.from(texts);
  source.on("error", (error) => parser.destroy(error));
  source.pipe(parser);
  let some: Json[] = [];
  try {
    for await (const record of parser) {
      some.push(record as Json);
      if (some.length < 1000) continue;
      yield some;
      some = [];
    }
  } catch (error) {
    throw error instanceof CsvError ? wrong(error.message, "") : error;
  } finally {
    source.destroy();
  }
  if (some.length > 0) yield some;
}

/** Two columns of one name would become one. */
function demandDifferent(wrong: (what: string, begins: string) => Error): (header: string[]) => string[] {
  return (header) => {
    const twice = header.find((name, i) => header.indexOf(name) !== i);
    if (twice !== undefined) throw wrong("its header has a name twice", twice);
    return header;
  };
}

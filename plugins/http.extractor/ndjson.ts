import { type Json, parseExact } from "../http/mod.ts";

/** Records of one JSON text a line. `wrong` makes the error for a line that is none. */
export async function* ndjsonRecords(
  texts: AsyncIterable<string> | Iterable<string>,
  wrong: (what: string, begins: string) => Error,
): AsyncGenerator<Json[]> {
  let [rest, line] = ["", 0];
  const read = (text: string): Json[] => {
    line++;
    if (text.trim() === "") return [];
    try {
      return [parseExact(text)];
    } catch {
      throw wrong(`line ${line} is no JSON`, text);
    }
  };
  for await (const text of texts) {
    if (!text.includes("\n")) {
      rest += text;
      continue;
    }
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    const records = lines.flatMap(read);
    if (records.length > 0) yield records;
  }
  const last = read(rest);
  if (last.length > 0) yield last;
}

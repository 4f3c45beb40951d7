/** The rows of a CSV file with the lines they begin in, for whoever has to name one. @module */

/** A field of a row. */
export interface Field {
  readonly text: string;
  readonly quoted: boolean;
}

/** A row of a file. */
export interface CsvRow {
  /** From 1. */
  readonly line: number;
  readonly text: string;
  readonly fields: readonly Field[];
}

/** How fields are told apart. */
export interface Signs {
  readonly delimiter: string;
  readonly quote: string;
  readonly escape: string;
}

/** The fields of a row; the last quote is taken as closed. */
export function fieldsOf(row: string, signs: Signs): readonly Field[] {
  return split(row, signs).fields;
}

/**
 * The rows of lines in which some text stands; empty lines are no rows.
 *
 * @param isWorthwhile whether a line may hold what is looked for
 */
export async function* rowsOfLines(
  lines: AsyncIterable<string>,
  signs: Signs,
  isWorthwhile: (line: string) => boolean,
): AsyncGenerator<CsvRow> {
  let number = 0;
  let begun: { readonly line: number; readonly text: string } | undefined;
  for await (const line of lines) {
    number++;
    if (begun === undefined && (line === "" || !(isWorthwhile(line) || line.includes(signs.quote)))) continue;
    const row = begun === undefined
      ? { line: number, text: line }
      : { ...begun, text: `${begun.text}\n${line}` };
    const { fields, isOpen } = split(row.text, signs);
    begun = isOpen ? row : undefined;
    if (!isOpen && isWorthwhile(row.text)) yield { ...row, fields };
  }
}

function split(
  row: string,
  { delimiter, quote, escape }: Signs,
): { readonly fields: readonly Field[]; readonly isOpen: boolean } {
  const fields: Field[] = [];
  let text = "";
  let quoted = false;
  let isOpen = false;
  for (let i = 0; i < row.length; i++) {
    const char = row[i]!;
    if (isOpen && char === escape && (row[i + 1] === quote || (escape !== quote && row[i + 1] === escape))) {
      text += row[++i]!;
    } else if (char === quote && (isOpen || (text === "" && !quoted))) {
      isOpen = !isOpen;
      quoted = true;
    } else if (!isOpen && row.startsWith(delimiter, i)) {
      fields.push({ text, quoted });
      [text, quoted] = ["", false];
      i += delimiter.length - 1;
    } else text += char;
  }
  return { fields: [...fields, { text, quoted }], isOpen };
}

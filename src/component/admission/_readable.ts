import { OsirisError } from "../../diagnostic.ts";

/** A failure to load, told as of the author's file: the address of admitted code is its whole text. */
export function readable(error: unknown, code: string): unknown {
  if (!(error instanceof Error) || error instanceof OsirisError) return error;
  const address = `data:application/javascript,${encodeURIComponent(code)}`;
  const where = placeIn(error, address);
  const message = error.message
    .replaceAll(address, "the driver")
    .replaceAll(/data:application\/javascript,\S*/g, "osiris/driver")
    .split("\n")[0]!
    .replace(/^SyntaxError: /, "")
    .replace(/^The module's source code could not be parsed: /, "")
    .replace(/ at the driver:\d+:\d+$/, "");
  const named = /SyntaxError: |could not be parsed: /.test(error.message) ? "SyntaxError" : error.name;
  const told = new Error(
    where === undefined ? message : `${message} (line ${where.line}, column ${where.column})`,
  );
  told.name = named;
  return told;
}

/** Where in the code the error says it is. */
function placeIn(error: Error, address: string): { line: string; column: string } | undefined {
  const texts = [error.message, error.stack ?? ""];
  const text = texts.find((each) => each.includes(`${address}:`));
  if (text === undefined) return undefined;
  const after = text.slice(text.indexOf(`${address}:`) + address.length);
  const [, line, column] = /^:(\d+):(\d+)/.exec(after) ?? [];
  return line === undefined ? undefined : { line, column: column! };
}

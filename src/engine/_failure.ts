/**
 * What the engine's messages mean in plain words, with the way out.
 *
 * @module
 */

import { type Code, nearest, OsirisError } from "../diagnostic.ts";

/** What was attempted when a message came. */
export interface Attempt {
  readonly step: string;
  /** Such as `read 'sales.csv'` or `run the query of step 'x'`. */
  readonly doing: string;
  readonly memoryLimit?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Column names a query may have meant. */
  readonly columns?: readonly string[];
}

interface Meaning {
  readonly code: Code;
  readonly what: string;
  readonly help?: string | undefined;
  readonly retryable?: boolean;
  /** The file that could not be read, whatever the statement did with it. */
  readonly file?: string | undefined;
}

type Rule = readonly [RegExp, (match: RegExpExecArray, message: string, attempt: Attempt) => Meaning];

const RULES: readonly Rule[] = [
  [/Interrupt|INTERRUPT/, () => ({ code: "ENG522", what: "it was stopped" })],
  [/File too large/, () => ({
    code: "ENG521",
    what: "the file may not grow any further (file too large)",
    help: "raise the limit on the size of files (ulimit -f), or write to another file system",
  })],
  [/No space left on device|Disk quota exceeded/i, () => ({
    code: "ENG521",
    what: "the disk is full",
    help: "free space on that disk, or write to another; what was there before is unchanged",
  })],
  [/max_temp_directory_size|failed to offload data block/i, () => ({
    code: "ENG521",
    what: "the folder for spilled data is full",
    help: "free space on the disk of the project, or raise the memory limit",
  })],
  [/Out of Memory Error/i, (_match, _message, { memoryLimit }) => ({
    code: "ENG520",
    what: `it needs more memory than the limit allows${
      memoryLimit === undefined ? "" : ` (memory_limit ${memoryLimit})`
    }`,
    help:
      "raise the memory limit, lower the number of threads, or write the query so that it keeps less at once",
  })],
  [/Maximum line size of (\d+) bytes exceeded|[Ll]ine size of (\d+)/, (match) => ({
    code: "ENG503",
    what: `a line is longer than ${match[1] ?? match[2]} bytes`,
    help: "set max_line_size to the longest line in bytes; if lines are short, check the quote character",
  })],
  [/maximum_object_size|exceeded the maximum object size/i, () => ({
    code: "ENG503",
    what: "a JSON record is larger than the limit",
    help: "set max_line_size to the largest record in bytes",
  })],
  [/CSV Error on Line: (\d+)/, csvRow],
  [
    /JSON (?:transform )?error in file "([^"]+)", (?:in |at byte \d+ in )?(line|record\/value) (\d+): ([^\n]*)/,
    (match) => ({
      code: "ENG503",
      file: match[1],
      what: `${match[2] === "line" ? "line" : "record"} ${match[3]} cannot be read: ${
        match[4]!.replace(/\.\s*Try .*/, "")
      }`,
      help: "correct the record, or set its type with 'types'",
    }),
  ],
  [/The CSV Parser state machine reached an invalid state/, (_match, message) => ({
    code: "ENG503",
    file: /^\s*file = (.*)$/m.exec(message)?.[1],
    what: "its rows cannot be told apart: some lines end in CR LF and others in LF, or a quote is misplaced",
    help: "give all lines the same end (dos2unix does that), or check its quotes",
  })],
  [/Hive partition mismatch between file "([^"]+)" and "([^"]+)"/, (match) => ({
    code: "ENG504",
    what: `its files lie in folders of different keys: '${match[1]}' and '${match[2]}'`,
    help: "move the files into key=value folders of the same keys, or set 'hive_partitions: false'",
  })],
  [/(QUOTE|ESCAPE|DELIMITER|COMMENT) must not appear in the (\w+) specification/, (match) => ({
    code: "ENG504",
    what: `'${match[1]!.toLowerCase()}' and '${match[2]!.toLowerCase()}' are the same or hold each other`,
    help: "set them to different characters",
  })],
  [/Malformed JSON in file "([^"]+)", at byte \d+ in (line|record\/value) (\d+): ([^\n]*)/, malformedJson],
  [/No files found that match the pattern "([^"]+)"/, (match) => ({
    code: "ENG501",
    file: match[1],
    what: "it does not exist",
    help: "check the path; it is relative to the project folder",
  })],
  [/Permission Error: Cannot access (?:file|directory) "([^"]+)"/, (match) => ({
    code: "ENG523",
    what: `'${match[1]}' is not among the files the plan granted`,
    help: "declare the file in the step that reads or writes it",
  })],
  [/IO Error: Cannot open file "([^"]+)": (.*)/, (match) => ({
    code: "ENG501",
    what: `'${match[1]}' cannot be opened: ${match[2]}`,
    help: "check that it exists and may be read",
  })],
  [/No magic bytes found at end of file '([^']+)'|'([^']+)' too small to be a Parquet file/, (match) => ({
    code: "ENG501",
    file: match[1] ?? match[2],
    what: "it is not a complete Parquet file",
    help: "it may have been cut off or be of another format; write or fetch it again",
  })],
  [/Referenced column "([^"]+)" (?:not found|was not found)/, unknownColumn],
  [/(?:Table|Values list) "([^"]+)" does not have a column named "([^"]+)"/, (match, message, attempt) => ({
    code: "ENG512",
    what: `table '${match[1]}' has no column '${match[2]}'`,
    help: candidates(match[2]!, message, attempt),
  })],
  [/Ambiguous reference to column name "([^"]+)"/, (match) => ({
    code: "ENG512",
    what: `column '${match[1]}' exists in more than one input`,
    help: `say which: input.${match[1]}`,
  })],
  [
    /Catalog Error: (Scalar Function|Aggregate Function|Table Function|Macro|.*?) with name "?([^" ]+)"? (?:does not exist|is not in the catalog)/,
    (match, message) => {
      const near = nearest(match[2]!, /Did you mean "([^"]+)"/.exec(message)?.slice(1) ?? []);
      const kind = match[1]!.toLowerCase();
      return {
        code: "ENG512",
        what: `there is no ${kind} '${match[2]}'`,
        help: near === undefined
          ? `check the ${kind.includes("function") ? "function" : kind}'s name`
          : `did you mean ${near}?`,
      };
    },
  ],
  [
    /(?:Conversion Error|Invalid Input Error|Out of Range Error|Constraint Error): ([^\n]*)/,
    (match, _message, attempt) => ({
      code: "ENG513",
      what: match[1]!,
      help: isReading(attempt)
        ? "correct the file, or set the types of its columns with 'types'"
        : "use TRY_CAST to turn such values into nulls, or filter them out first",
    }),
  ],
  [
    /Parser Error: ([^\n]*)/,
    (match) => ({ code: "ENG510", what: match[1]!, help: "correct the query; it must be one SELECT" }),
  ],
  [
    /Binder Error: ([^\n]*)/,
    (match, _message, attempt) => ({
      code: "ENG512",
      what: match[1]!,
      help: isReading(attempt)
        ? "check the options of the step, and the types it gives"
        : "check the names and types in the query",
    }),
  ],
  [/IO Error: ([^\n]*)/, (match) => ({ code: "ENG500", what: match[1]!, help: undefined, retryable: true })],
];

/** An error of the engine, in plain words. One that is already said is passed on. */
export function explained(error: unknown, attempt: Attempt): OsirisError {
  if (error instanceof OsirisError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const say = (meaning: Meaning) =>
    new OsirisError(meaning.code, `Cannot ${doing(attempt, meaning.file)}: ${meaning.what}`, {
      step: attempt.step,
      help: meaning.help,
      retryable: meaning.retryable ?? false,
      ...(meaning.code === "ENG522" ? { category: "interrupted" as const } : {}),
      ...(meaning.code === "ENG523" ? { category: "permission" as const } : {}),
      cause: error,
    });
  for (const [pattern, meaning] of RULES) {
    const match = pattern.exec(message);
    if (match !== null) return say(meaning(match, message, attempt));
  }
  return say({ code: "ENG500", what: message.split("\n")[0]!.replace(/^(?:Error: )?/, "") });
}

function doing(attempt: Attempt, file: string | undefined): string {
  return file === undefined ? attempt.doing : `read '${file}'`;
}

function isReading(attempt: Attempt): boolean {
  return attempt.doing.startsWith("read ");
}

function csvRow(match: RegExpExecArray, message: string): Meaning {
  const line = match[1]!;
  const file = /^\s*file = (.*)$/m.exec(message)?.[1];
  const text = /Original Line:\s?([^\n]*)/.exec(message)?.[1] ?? "";
  const told = message.slice(message.indexOf("Original Line")).split("\n").slice(1);
  const fault = told.slice(0, told.findIndex((line) => /^\s+file = /.test(line))).join("\n");
  const wrong = plainRowFault(fault, text);
  const column = /converting column "([^"]+)"/.exec(wrong)?.[1];
  return {
    code: "ENG503",
    file,
    what: `line ${line} ${wrong} in the row: ${shortened(text)}`,
    help: rowHelp(wrong, column),
  };
}

function plainRowFault(fault: string, text: string): string {
  const count = /Expected Number of Columns: (\d+) Found: (\d+)/.exec(fault);
  if (count !== null) return `has ${count[2]} fields, and should have ${count[1]},`;
  const cast = /Error when converting column "([^"]*)"\. ([^\n]*)/.exec(fault);
  if (cast !== null) return `has a wrong value (converting column "${cast[1]}": ${cast[2]})`;
  if (/unterminated quote|quoted value/i.test(fault)) {
    // The engine says the same of both; in a row whose quotes come in pairs none is left open.
    const quotes = (text + fault.split("Value with")[0]).split('"').length - 1;
    return quotes > 0 && quotes % 2 === 0
      ? "has text after a closing quote"
      : "has a quote that is not closed";
  }
  if (/unicode|utf-?8/i.test(fault)) return "holds bytes that are not valid UTF-8";
  return `cannot be read (${fault.trim().split("\n")[0]})`;
}

function rowHelp(fault: string, column: string | undefined): string {
  if (column !== undefined) {
    return `correct the row, or set 'types: {${column}: VARCHAR}', or 'sample: full' to look at every row, or 'on_bad_row: skip'`;
  }
  if (fault.includes("UTF-8")) return "set 'encoding', for example latin-1 or utf-16";
  return "correct the row, or set 'delimiter', 'quote' or 'escape', or 'on_bad_row: skip' or 'quarantine'";
}

/** The number is one too high, in a file of lines as in an array (tried on 1.5.5). */
function malformedJson(match: RegExpExecArray): Meaning {
  const number = Math.max(1, Number(match[3]) - 1);
  return {
    code: "ENG503",
    file: match[1],
    what: `${match[2] === "line" ? "line" : "record"} ${number} is not valid JSON: ${
      match[4]!.replace(/\.\s*(?:Try .*)?$/, "")
    }`,
    help: "correct the file there; if it was cut off, fetch it again",
  };
}

function unknownColumn(match: RegExpExecArray, message: string, attempt: Attempt): Meaning {
  return {
    code: "ENG512",
    what: `there is no column '${match[1]}'`,
    help: candidates(match[1]!, message, attempt),
  };
}

function candidates(name: string, message: string, attempt: Attempt): string {
  const bound = /Candidate (?:bindings|functions)?:?\s*([^\n]*)/.exec(message)?.[1];
  const columns = attempt.columns ?? [];
  const near = nearest(name, columns);
  if (near !== undefined) return `did you mean '${near}'?`;
  // The engine names those that read alike; they tell more only where the query has made columns of its own.
  const alike = [...(bound ?? "").matchAll(/"([^"]+)"/g)].map((match) => match[1]!);
  if (alike.some((column) => !columns.includes(column))) return `the query sees ${bound!.trim()}`;
  return columns.length === 0
    ? "check the column's name"
    : `the inputs have ${columns.slice(0, 20).join(", ")}`;
}

/** A text that fits into a message. */
export function shortened(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 200)}… (${text.length} characters)`;
}

/** What can be said of a path from its text alone: it must name something on this machine. @module */

import { type Said, show } from "./_fields.ts";

/** A drive such as `C:` has one letter. */
const SCHEME = /^([A-Za-z][A-Za-z0-9+.-]+):\/\/?/;

/** `~`, `~/…` and `~name/…` are words of a shell. */
const HOME = /^~(\w*\/|$)/;

/** Most file systems take names of up to this many bytes. */
const LONGEST_NAME = 255;

/** What is wrong with the text of a path; parts that are known later are not looked at. */
export function* pathProblems(path: string): Iterable<Said> {
  const scheme = SCHEME.exec(path)?.[1]?.toLowerCase();
  if (scheme !== undefined) {
    yield {
      message: `it is ${show(path)}, and only local files are supported`,
      help: scheme === "file"
        ? `write the path alone: '${path.replace(/^file:\/*/i, "/")}'`
        : "fetch the file first, and write where it lies: a path relative to the project, or an absolute one",
    };
  } else if (HOME.test(path)) {
    yield {
      message: `it is ${show(path)}, and '~' is not replaced: only local files are supported, by their path`,
      help: "write the absolute path instead, such as '/home/me/sales.csv'",
    };
  }
  const long = path.split("/").find((name) => !name.includes("${") && bytesOf(name) > LONGEST_NAME);
  if (long !== undefined) {
    yield {
      message: `it has a name of ${bytesOf(long)} bytes, and should have none above ${LONGEST_NAME}`,
      help: "give the file or folder a shorter name",
    };
  }
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** Patterns of dates and times in strftime letters, as the engine takes them. @module */

import { type Said, show } from "./_fields.ts";

/** Letters that may follow `%`. */
const LETTERS = "aAbBcdfgGhHIjmMnpSTuUVwWxXyYzZ%";

/** Letters that may follow `%-`: numbers without a leading zero. */
const BARE = "dHIjmMSy";

/** What is wrong with a pattern. */
export function* patternProblems(pattern: string): Iterable<Said> {
  for (const [directive] of pattern.matchAll(/%(-?[^]|-?$)/gu)) {
    const known = directive.startsWith("%-")
      ? BARE.includes(directive.slice(2))
      : LETTERS.includes(directive[1]!);
    if (known && directive.length > (directive.startsWith("%-") ? 2 : 1)) continue;
    yield {
      message: `it is ${show(pattern)}, and ${show(directive)} stands for nothing`,
      help: "such as '%Y-%m-%d' or '%d.%m.%Y %H:%M:%S'; write '%%' for a percent sign",
    };
    return;
  }
}

/** The page of all codes that a message may carry. */

import { CODES } from "../../src/diagnostic.ts";
import { code, heading, table } from "./markdown.ts";

const FAMILIES: { readonly [prefix: string]: string } = {
  OML: "The pipeline text",
  CMP: "Compiling",
  CON: "Connections and secrets",
  DRV: "Components and drivers",
  ENG: "The engine",
  RUN: "Planning and running",
  SES: "Sessions and state",
  CLI: "The command line",
  BUG: "Osiris itself",
};

export function codesPage(): string {
  const prefixes = [...new Set(Object.keys(CODES).map((name) => name.slice(0, 3)))];
  return [
    heading(1, "Codes"),
    "Every error and warning carries a code. A code keeps its meaning and is never used again for another.",
    ...prefixes.flatMap((prefix) => [
      heading(2, FAMILIES[prefix] ?? prefix),
      table(
        ["code", "meaning"],
        Object.entries(CODES).filter(([name]) => name.startsWith(prefix)).map((
          [name, meaning],
        ) => [code(name), meaning]),
      ),
    ]),
  ].join("\n\n") + "\n";
}

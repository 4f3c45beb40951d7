/** `osiris version`. The bare command line never comes here: `main` answers it without loading anything. */

import type { Answer } from "../_answer.ts";
import { declare } from "../_declare.ts";
import { VERSION } from "../_version.ts";

export const version = declare({
  name: "version",
  summary: "print the version",
  arguments: {},
  flags: {},
  document: {
    version: "the version",
    os: "the operating system",
    arch: "the processor",
    deno: "the Deno inside",
  },
  examples: [{ line: "osiris version", about: "Which Osiris this is." }],
  run: versionAnswer,
});

/** Which Osiris this is. */
export function versionAnswer(): Promise<Answer<"version" | "os" | "arch" | "deno">> {
  const { os, arch } = Deno.build;
  return Promise.resolve({
    document: { version: VERSION, os, arch, deno: Deno.version.deno },
    text: `osiris ${VERSION}\n`,
  });
}

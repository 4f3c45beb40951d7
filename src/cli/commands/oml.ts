/** `osiris oml validate`, `osiris oml fmt` and `osiris oml schema`. */

import { resolve } from "node:path";
import { type Diagnostic, hasErrors } from "../../diagnostic.ts";
import { declare } from "../_declare.ts";
import { EXIT } from "../_exit.ts";
import { jsonText } from "../_print.ts";
import { printable } from "../../printable.ts";
import { readNamedFile } from "../_read.ts";
import { writeWhole } from "../_write.ts";

export const omlValidate = declare({
  name: "oml validate",
  summary: "check pipelines and report everything that is wrong with them",
  details: [
    "It is the checker of compile, plan and run. A parameter without a default needs no value here; every profile is checked.",
  ],
  arguments: { files: { value: "FILE", summary: "a pipeline", many: true, kind: "file" } },
  flags: {},
  document: { files: "each file and whether it is valid" },
  examples: [{
    line: "osiris oml validate pipeline.oml",
    about: "Every finding with its line and how to mend it.",
  }],
  async run({ files }, cli) {
    const { validatePipeline } = await import("../_check.ts");
    const results = [];
    for (const file of files) results.push({ file, ...await validatePipeline(cli, file) });
    const diagnostics = results.flatMap((r) => r.diagnostics);
    return {
      document: { files: results.map((r) => ({ file: r.file, valid: !hasErrors(r.diagnostics) })) },
      note: results.filter((r) => !hasErrors(r.diagnostics)).map((r) => `${printable(r.file)} is valid\n`)
        .join(""),
      diagnostics,
      texts: new Map(results.flatMap((r) => [...r.texts])),
    };
  },
});

export const omlFmt = declare({
  name: "oml fmt",
  summary: "lay out pipelines in the one way, keeping comments",
  arguments: { files: { value: "FILE", summary: "a pipeline", many: true, kind: "file" } },
  flags: { check: { summary: "change nothing; fail when a file is not laid out so" } },
  document: {
    files: "each file and whether it was (or would be) changed",
    checked_only: "whether --check was given",
  },
  examples: [
    { line: "osiris oml fmt pipeline.oml", about: "Rewrites the file in place." },
    { line: "osiris oml fmt --check pipeline.oml", about: "For a build: exit 1 when it would change." },
  ],
  async run({ files, check }, cli) {
    const { formatOml } = await import("../../oml/mod.ts");
    const results: { file: string; changed: boolean }[] = [];
    const diagnostics: Diagnostic[] = [];
    const texts = new Map<string, string>();
    for (const file of files) {
      const text = new TextDecoder().decode(await readNamedFile(cli, file));
      texts.set(file, text);
      const formatted = formatOml(text, file);
      diagnostics.push(...formatted.diagnostics);
      if (formatted.value === undefined || hasErrors(formatted.diagnostics)) continue;
      const changed = formatted.value !== text;
      if (changed && !check) await writeWhole(resolve(cli.cwd, file), formatted.value);
      results.push({ file, changed });
    }
    const pending = check && results.some((r) => r.changed);
    return {
      document: { files: results, checked_only: check },
      note: results.map((r) => `${printable(r.file)} ${verdict(r.changed, check)}\n`).join(""),
      diagnostics,
      texts,
      ...(pending && !hasErrors(diagnostics) ? { exit: EXIT.failed } : {}),
    };
  },
});

function verdict(changed: boolean, check: boolean): string {
  if (!changed) return "is laid out";
  return check ? "is not laid out: type 'osiris oml fmt' with its name" : "was laid out anew";
}

export const omlSchemaCommand = declare({
  name: "oml schema",
  summary: "print the JSON Schema of pipelines, for editors",
  arguments: {},
  flags: {},
  document: { schema: "the JSON Schema" },
  examples: [{
    line: "osiris oml schema",
    about:
      "Save it as oml.schema.json; then '# yaml-language-server: $schema=oml.schema.json' on top of a pipeline helps while typing.",
  }],
  async run() {
    const { omlSchema } = await import("../../oml/mod.ts");
    return { document: { schema: omlSchema }, text: jsonText(omlSchema) };
  },
});

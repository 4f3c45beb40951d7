/** `osiris logs bundle`. */

import { resolve } from "node:path";
import type { BundleFormat } from "../../report/mod.ts";
import { bytes as sizeText } from "../../amounts.ts";
import { declare } from "../_declare.ts";
import { OUTPUT_FLAG, SESSION_FLAG, unusable, wholeNumber } from "../_flags.ts";
import { printable } from "../../printable.ts";
import { projectOf, shownPath } from "../_project.ts";

const FORMATS = ["text", "json", "zip"] as const satisfies readonly BundleFormat[];

export const logsBundle = declare({
  name: "logs bundle",
  summary: "put a run into one package for a language model or a colleague",
  details: [
    "What failed, where and why, the steps, schemas, configuration, measures, events, manifest and artifacts: for a reader who sees nothing else. No secret stands in a run's record, and rows only come along with --samples.",
    "The same run gives the same bytes. What does not fit --max-bytes is left out, the least important first, and the bundle says so.",
  ],
  arguments: {},
  flags: {
    ...SESSION_FLAG,
    format: {
      value: "FORMAT",
      summary: "text (Markdown, the default), json, or zip with both",
      choices: FORMATS,
    },
    max_bytes: { value: "N", summary: "the most bytes it may have (default 262144, at least 32768)" },
    samples: { summary: "with the rows that steps kept as samples" },
    ...OUTPUT_FLAG,
  },
  document: {
    session_id: "the run's id",
    format: "the format",
    bytes: "how many bytes the bundle has",
    output: "with --output: the file",
    content: "without --output: the bundle; with --format json as part of this document, else as text",
  },
  examples: [
    { line: "osiris logs bundle", about: "The last run as text, to paste where questions are asked." },
    {
      line: "osiris logs bundle --format zip --samples --output run.zip",
      about: "For a colleague, with some rows.",
    },
  ],
  async run({ session, format = "text", max_bytes, samples, output }, cli) {
    const { bundleOf, LEAST_BUNDLE, readRun } = await import("../../report/mod.ts");
    const { findSession } = await import("../../session/mod.ts");
    if (format === "zip" && output === undefined) {
      throw unusable(
        "logs bundle",
        "--format zip",
        "it is no text for a screen",
        "name a file: --output run.zip",
      );
    }
    const maxBytes = max_bytes === undefined ? undefined : wholeNumber("--max-bytes", max_bytes);
    if (maxBytes !== undefined && maxBytes < LEAST_BUNDLE) {
      const why = `${maxBytes} bytes cannot tell of a run; ${LEAST_BUNDLE} can`;
      throw unusable("logs bundle", "--max-bytes", why, `for example: --max-bytes ${LEAST_BUNDLE}`);
    }
    const run = await readRun(await findSession(projectOf(cli).logs, session));
    const bundle = await bundleOf(run, {
      format: format as BundleFormat,
      samples,
      ...(maxBytes === undefined ? {} : { maxBytes }),
    });
    const document = { session_id: run.session_id, format, bytes: bundle.length };
    if (output !== undefined) {
      const path = resolve(cli.cwd, output);
      const { writeWhole } = await import("../_write.ts");
      await writeWhole(path, bundle);
      return {
        document: { ...document, output: path },
        note: `Wrote ${printable(shownPath(path, cli.cwd))} (${sizeText(bundle.length)})\n`,
      };
    }
    const text = new TextDecoder().decode(bundle);
    return { document: { ...document, content: format === "json" ? JSON.parse(text) : text }, text };
  },
});

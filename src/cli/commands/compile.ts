/** `osiris compile FILE`. */

import { join, resolve } from "node:path";
import { counted } from "../../amounts.ts";
import { declare } from "../_declare.ts";
import { COMPILE_FLAGS } from "../_flags.ts";
import { printable } from "../../printable.ts";
import { shownPath } from "../_project.ts";
import { writeWhole } from "../_write.ts";

export const compile = declare({
  name: "compile",
  summary: "turn a pipeline into a manifest: checked, complete, with a fingerprint",
  details: [
    "The same pipeline, parameters and components give the same bytes on every machine.",
    "A parameter is taken from --param, else OSIRIS_PARAM_NAME, else the profile, else its default.",
  ],
  arguments: { file: { value: "FILE", summary: "a pipeline", kind: "file" } },
  flags: {
    output: {
      value: "DIR",
      summary: "the folder for manifest.yaml, instead of the project's compiled/",
      kind: "folder",
      short: "o",
    },
    ...COMPILE_FLAGS,
  },
  document: {
    file: "the pipeline, as typed",
    manifest: "the path of the manifest",
    fingerprint: "the manifest's fingerprint",
    pipeline: "the pipeline's name",
    steps: "how many steps it has",
  },
  examples: [
    { line: "osiris compile pipeline.oml", about: "Writes compiled/manifest.yaml." },
    { line: "osiris compile pipeline.oml --output build", about: "Writes build/manifest.yaml." },
  ],
  async run({ file, output, profile, param }, cli) {
    const { compiledPipeline } = await import("../_check.ts");
    const { manifestBytes } = await import("../../manifest.ts");
    const checked = await compiledPipeline(cli, file, { profile, params: param });
    if (!checked.manifest) return { document: { file }, ...checked };
    const { manifest, project, diagnostics, texts } = checked;
    const folder = output === undefined ? join(project.root, "compiled") : resolve(cli.cwd, output);
    const path = join(folder, "manifest.yaml");
    await writeWhole(path, manifestBytes(manifest));
    const shown = shownPath(path, cli.cwd);
    return {
      document: {
        file,
        manifest: path,
        fingerprint: manifest.fingerprint,
        pipeline: manifest.pipeline.name,
        steps: manifest.steps.length,
      },
      note:
        `Compiled ${printable(file)} (${counted(manifest.steps.length, "step")}) to ${printable(shown)}\n` +
        `Fingerprint ${manifest.fingerprint}\n`,
      diagnostics,
      texts,
    };
  },
});

/** A component from outside that makes numbers: its files, a pipeline that uses it, and it as a package. @module */

import { gzipSync } from "node:zlib";
import { packTar } from "modern-tar";
import { specText } from "../src/component/_spec_for_tests.ts";

type Files = Readonly<Record<string, string>>;

export const NUMBERS: { readonly "spec.yaml": string; readonly "driver.ts": string } = {
  "spec.yaml": specText({
    name: "acme.numbers",
    title: "Numbers",
    description: "Makes numbers",
    modes: "[read]",
    examples: "[{ title: Some, mode: read, config: {} }]",
  }),
  "driver.ts": `import { defineDriver, emit } from "osiris/driver";
export default defineDriver({ read: () => emit({ n: "BIGINT" }, function* () { yield [{ n: 1 }]; return {}; }) });
`,
};

/** A pipeline that reads with a component and writes `out.csv`. */
export function pipelineOf(component: string): string {
  return `oml_version: "0.1.0"
name: numbers
steps:
  - id: make
    component: ${component}
    mode: read
    config: {}
  - id: save
    component: filesystem.csv_writer
    mode: write
    config: { path: out.csv, write_mode: overwrite }
`;
}

export function inFolder(folder: string, files: Files): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([path, text]) => [`${folder}/${path}`, text]));
}

/** A package of these files, as npm packs them. */
export async function packed(files: Files): Promise<Uint8Array<ArrayBuffer>> {
  const entries = Object.entries(inFolder("package", files)).map(([name, text]) => {
    const body = new TextEncoder().encode(text);
    return { header: { name, size: body.length, mtime: new Date(0) }, body };
  });
  return new Uint8Array(gzipSync(await packTar(entries)));
}

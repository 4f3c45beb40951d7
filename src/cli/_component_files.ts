/**
 * What an author's folder of components holds beside the components: the types of `osiris/driver`, and what
 * leads editors and compilers to them.
 *
 * @module
 */

import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readSdkTypes } from "../component/mod.ts";
import { systemReason } from "./_system_reason.ts";
import { writeWhole } from "./_write.ts";
import { OsirisError } from "../diagnostic.ts";
import { printable } from "../printable.ts";

const TYPES = "osiris-driver.d.ts";

/** For editors with Deno, and `deno check`. */
const DENO_JSON = `{
  "imports": { "osiris/driver": "./${TYPES}" }
}
`;

/** For all other editors, and `tsc`. */
const TSCONFIG = `{
  "compilerOptions": {
    "strict": true,
    "noEmit": true,
    "target": "esnext",
    "module": "preserve",
    "lib": ["esnext", "webworker"],
    "types": [],
    "paths": { "osiris/driver": ["./${TYPES}"] }
  },
  "include": ["*/driver.ts"]
}
`;

/** What was written into a folder, and what was there already and does not know of the types. */
export interface SdkFiles {
  readonly written: readonly string[];
  readonly kept: readonly { readonly file: string; readonly needs: string }[];
}

/** Writes the types anew; an own `deno.json` or `tsconfig.json` stays as it is. */
export async function writeSdk(folder: string): Promise<SdkFiles> {
  const settings = { "deno.json": DENO_JSON, "tsconfig.json": TSCONFIG };
  const kept = Object.keys(settings).filter((file) =>
    existsSync(join(folder, file)) && !readFileSync(join(folder, file), "utf8").includes(TYPES)
  );
  const fresh = Object.entries(settings).filter(([file]) => !existsSync(join(folder, file)));
  const files = [[TYPES, await readSdkTypes()] as const, ...fresh];
  try {
    mkdirSync(folder, { recursive: true });
    for (const [file, text] of files) await writeWhole(join(folder, file), text);
  } catch (thrown) {
    const error = thrown instanceof OsirisError ? thrown.cause : thrown;
    const reason = systemReason(error) ?? (error instanceof Error ? error.message : String(error));
    throw new OsirisError(
      "CLI807",
      `Cannot write the SDK into '${printable(folder)}': ${printable(reason)}`,
      {
        category: "usage",
        help: "name a folder that you may write in",
        cause: error,
      },
    );
  }
  return {
    written: files.map(([file]) => file),
    kept: kept.map((file) => ({ file, needs: NEEDS[file]! })),
  };
}

const NEEDS: { readonly [file: string]: string } = {
  "deno.json": `"imports": { "osiris/driver": "./${TYPES}" }`,
  "tsconfig.json": `"paths": { "osiris/driver": ["./${TYPES}"] }`,
};

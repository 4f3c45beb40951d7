/**
 * Where the built-in components come from: the `plugins` folder of a checkout, or the assets that the
 * binary carries (made by `scripts/_embed_drivers.ts`).
 *
 * This file alone knows the difference.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { CatalogEntry } from "./catalog.ts";
import { deepFreeze, loadFolder } from "./_folder.ts";

/** What `assets/builtins.json` lists. */
export type EmbeddedComponent = Pick<CatalogEntry, "spec" | "specHash" | "driverHash">;

/** The built-in components. */
export function loadBuiltins(): Promise<CatalogEntry[]> {
  const standalone = (Deno.build as { standalone?: boolean }).standalone === true;
  if (standalone) return loadEmbedded(new URL("./assets/", import.meta.url));
  return loadFolder(fileURLToPath(new URL("../../plugins/", import.meta.url)), "builtin");
}

/** The components that `scripts/_embed_drivers.ts` wrote into a folder. */
export async function loadEmbedded(assets: URL): Promise<CatalogEntry[]> {
  const list = JSON.parse(await readFile(new URL("builtins.json", assets), "utf8")) as EmbeddedComponent[];
  return list.map((each) => ({
    ...deepFreeze(each),
    origin: "builtin",
    code: async () => {
      const text = await readFile(new URL(`drivers/${each.spec.name}.js`, assets), "utf8");
      return { kind: "bundle", text } as const;
    },
  }));
}

/**
 * Where the built-in components come from: the `plugins` folder of a checkout, or the assets that the
 * binary carries (made by `scripts/_embed_drivers.ts`).
 *
 * This file alone knows the difference. In both, the drivers that only answer with relations and get no
 * connection share their code, and so their workers: they are part of one trusted program and hold no
 * rights, and starting a worker is the dearest part of a small step.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { CatalogEntry, SourceCode } from "./catalog.ts";
import { deepFreeze, loadFolder } from "./_folder.ts";
import { isStandalone } from "./_standalone.ts";

/** The name of the code that the drivers share which only answer with relations. */
const RELATIONS = "relations";

/** What `assets/builtins.json` lists. */
export type EmbeddedComponent = Pick<CatalogEntry, "spec" | "specHash" | "driverHash" | "sharedCode">;

/** The built-in components. */
export function loadBuiltins(): Promise<CatalogEntry[]> {
  if (isStandalone()) return loadEmbedded(new URL("./assets/", import.meta.url));
  return loadPlugins(fileURLToPath(new URL("../../plugins/", import.meta.url)));
}

/** The components of a folder, as built-in ones. */
export async function loadPlugins(folder: string): Promise<CatalogEntry[]> {
  const entries = await loadFolder(folder);
  const sharing = entries.filter(({ spec }) => spec.carries === "engine" && spec.connection === undefined);
  const code = () => joined(sharing);
  return entries.map((entry) =>
    sharing.includes(entry) ? Object.freeze({ ...entry, sharedCode: RELATIONS, code }) : entry
  );
}

async function joined(entries: readonly CatalogEntry[]): Promise<SourceCode> {
  const codes = await Promise.all(entries.map((entry) => entry.code()));
  const urls = codes.map((code) => (code.kind === "modules" ? code.urls : {}));
  return { kind: "modules", urls: Object.assign({}, ...urls), relations: true };
}

/** The file of a built-in component's code, under the assets. */
export function bundleFile({ spec, sharedCode }: Pick<EmbeddedComponent, "spec" | "sharedCode">): string {
  return `drivers/${sharedCode ?? spec.name}.js`;
}

/** The components that `scripts/_embed_drivers.ts` wrote into a folder. */
export async function loadEmbedded(assets: URL): Promise<CatalogEntry[]> {
  const list = JSON.parse(await readFile(new URL("builtins.json", assets), "utf8")) as EmbeddedComponent[];
  return list.map((each) => ({
    ...deepFreeze(each),
    origin: "builtin",
    code: async () => {
      return { kind: "bundle", text: await readFile(new URL(bundleFile(each), assets), "utf8") } as const;
    },
  }));
}

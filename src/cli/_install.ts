/**
 * Puts a component's files where the project's catalog finds them, all of them or none.
 *
 * @module
 */

import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { dirname, join } from "node:path";
import type { ComponentPackage } from "../component/mod.ts";

/** Writes `components/<name>/`, in place of what is there. Names with a dot in front are no components. */
export async function install(folder: string, { spec, content }: ComponentPackage): Promise<void> {
  const place = join(folder, spec.name);
  const tag = randomBytes(6).toString("hex");
  const fresh = join(folder, `.new-${tag}`);
  const old = join(folder, `.old-${tag}`);
  try {
    for (const { path, bytes } of content) {
      await mkdir(dirname(join(fresh, path)), { recursive: true });
      await writeFile(join(fresh, path), bytes, { flag: "wx", mode: 0o644 });
    }
    if (existsSync(place)) await rename(place, old);
    await rename(fresh, place);
  } catch (error) {
    if (existsSync(old) && !existsSync(place)) await rename(old, place);
    throw error;
  } finally {
    await rm(fresh, { recursive: true, force: true });
    await rm(old, { recursive: true, force: true });
  }
}

import { randomUUID } from "node:crypto";
import { join } from "node:path";

/** What a source answered, and when. */
export interface Remembered<T> {
  readonly asked_at: Date;
  readonly answer: T;
}

/**
 * What sources answered when they were asked what lies in them: a cache, whose files may be removed at any time.
 * A file that is gone, damaged or from the future is an answer that is not known.
 */
export interface Discoveries<T> {
  /** What was answered under a key (hexadecimal digits), if that is no longer ago than `maxAgeMs`. */
  find(key: string, maxAgeMs: number): Promise<Remembered<T> | undefined>;
  /** Keeps an answer, where that can be done, and lets go of what is old. */
  remember(key: string, kept: Remembered<T>): Promise<void>;
}

/** Answers of this age are of no use to anybody. */
const OLDEST_MS = 7 * 86_400_000;

/** The cache in a project's `.osiris` folder (absolute path), which appears with the first answer. */
export function openDiscoveries<T>(folder: string): Discoveries<T> {
  const place = join(folder, "discovery");
  return {
    async find(key, maxAgeMs) {
      try {
        const { asked_at, answer } = JSON.parse(await Deno.readTextFile(fileOf(place, key)));
        const age = Date.now() - Date.parse(asked_at);
        return age >= 0 && age < maxAgeMs ? { asked_at: new Date(asked_at), answer } : undefined;
      } catch {
        return undefined;
      }
    },

    async remember(key, kept) {
      try {
        await Deno.mkdir(place, { recursive: true, mode: 0o700 });
        const half = join(place, `${randomUUID()}.part`);
        await Deno.writeTextFile(half, JSON.stringify(kept), { mode: 0o600 });
        await Deno.rename(half, fileOf(place, key));
        await letGoOfOld(place);
      } catch {
        // Without a cache the source is asked every time.
      }
    },
  };
}

function fileOf(place: string, key: string): string {
  return join(place, `${key}.json`);
}

async function letGoOfOld(place: string): Promise<void> {
  for await (const { name } of Deno.readDir(place)) {
    const { mtime } = await Deno.lstat(join(place, name));
    if (mtime !== null && Date.now() - mtime.getTime() > OLDEST_MS) await Deno.remove(join(place, name));
  }
}

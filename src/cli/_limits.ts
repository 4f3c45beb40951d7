/** How much a run may take of the machine, as it is typed. @module */

import { OsirisError } from "../diagnostic.ts";
import { printable } from "../printable.ts";

/** What is typed; nothing where a default will do. */
export interface LimitFlags {
  readonly memory_limit: string | undefined;
  readonly threads: string | undefined;
  readonly driver_disk: string | undefined;
}

interface Limits {
  /** As the engine reads it. */
  readonly memoryLimit?: string;
  readonly threads?: number;
  /** Bytes. */
  readonly driverDisk?: number;
}

/** Reads the limits; throws `CLI804` for one that is none. */
export function limitsOf({ memory_limit, threads, driver_disk }: LimitFlags): Limits {
  const memory = sizeOf("--memory-limit", memory_limit, "512MB");
  const disk = sizeOf("--driver-disk", driver_disk, "50GB");
  const n = Number(threads);
  if (threads !== undefined && !(Number.isInteger(n) && n >= 1 && n <= 1024)) {
    throw wrongValue("--threads", threads, "a whole number from 1 to 1024", "for example: --threads 2");
  }
  return {
    ...(memory === undefined ? {} : { memoryLimit: memory.text }),
    ...(threads === undefined ? {} : { threads: n }),
    ...(disk === undefined ? {} : { driverDisk: disk.bytes }),
  };
}

const UNITS = ["KB", "MB", "GB", "TB"];

/** A size as it is typed, and in bytes. */
function sizeOf(
  flag: string,
  text: string | undefined,
  example: string,
): { readonly text: string; readonly bytes: number } | undefined {
  if (text === undefined) return undefined;
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*(KB|MB|GB|TB|KiB|MiB|GiB|TiB)$/i.exec(text) ?? [];
  if (number === undefined || unit === undefined) {
    throw wrongValue(flag, text, "a number with a unit", `for example: ${flag} ${example}`);
  }
  const power = 1 + UNITS.indexOf(unit.toUpperCase().replace("I", ""));
  return { text, bytes: Math.round(Number(number) * (unit.length === 3 ? 1024 : 1000) ** power) };
}

function wrongValue(flag: string, value: string, wanted: string, help: string): OsirisError {
  return new OsirisError(
    "CLI804",
    `Cannot read '${flag}' of 'osiris run': '${printable(value)}' is not ${wanted}`,
    {
      category: "usage",
      help,
    },
  );
}

/**
 * `osiris_signers`: whose components a project takes, in the form of OpenSSH's 'allowed_signers', so that
 * 'ssh-keygen -Y verify' reads it too. A project with this file takes signed components alone.
 *
 * What must stay true: a line that is not understood in full is an error, never skipped: a limit that somebody
 * wrote and nobody applies would be a hole.
 *
 * @module
 */

import type { Checked, Diagnostic } from "../diagnostic.ts";
import { SEAL_PURPOSE } from "./_seal.ts";
import { fingerprintOf, NoSignature } from "./_ssh_signature.ts";

/** The name of the file, in the project's folder. */
export const SIGNERS_FILE = "osiris_signers";

/** A key whose signatures count in a project. */
export interface Signer {
  /** As the file calls it. */
  readonly name: string;
  /** The fingerprint of the key, as 'ssh-keygen -l' prints it. */
  readonly key: string;
  /** From when on what it signed may be allowed. */
  readonly after?: Date;
  /** From when on no longer. */
  readonly before?: Date;
}

/** Names, options where there are any, the kind of the key, the key, a comment. */
const LINE =
  /^(?:"([^"]+)"|([^\s"]+))\s+(?:([a-z-]+(?:="[^"]*")?(?:,[a-z-]+(?:="[^"]*")?)*)\s+)?([a-z0-9@.-]+)\s+([A-Za-z0-9+/=]{16,})(?:\s.*)?$/;

/**
 * Reads the text of `osiris_signers`.
 *
 * @example
 * ```ts
 * parseSigners('jane@shop.example valid-before="20270101Z" ssh-ed25519 AAAA…', "osiris_signers");
 * ```
 */
export function parseSigners(text: string, file: string): Checked<readonly Signer[]> {
  const signers: Signer[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const signer = signerIn(line.trim());
    if (typeof signer === "object") signers.push(signer);
    else if (signer !== "elsewhere") diagnostics.push(fault(file, i + 1, signer));
  }
  return diagnostics.length > 0 ? { diagnostics } : { value: signers, diagnostics };
}

/**
 * Why no component of this key can be allowed at a time, though it is a signer's; undefined when it can, or when it is
 * nobody's. What was allowed before stays so.
 */
export function lapsedSigner(
  signers: readonly Signer[],
  key: string | undefined,
  now: Date,
): string | undefined {
  const lines = signers.filter((signer) => signer.key === key);
  const [first] = lines;
  if (first === undefined || lines.some((signer) => limitOf(signer, now) === undefined)) return undefined;
  return `the key of '${first.name}', who signed it, ${limitOf(first, now)}`;
}

function limitOf({ after, before }: Signer, now: Date): string | undefined {
  if (before !== undefined && now >= before) return `was valid before ${before.toISOString()}`;
  if (after !== undefined && now < after) return `is not valid before ${after.toISOString()}`;
  return undefined;
}

/** The signer of a line; "elsewhere" when the line is about other purposes; or what is wrong with it. */
function signerIn(line: string): Signer | "elsewhere" | string {
  const [, quoted, plain, options, kind, key] = LINE.exec(line) ?? [];
  const name = quoted ?? plain;
  if (name === undefined || key === undefined) {
    return "it is not of the form 'NAME [OPTIONS] ssh-ed25519 KEY'";
  }
  if (kind !== "ssh-ed25519") return `its key is of the kind '${kind}', and should be ssh-ed25519`;
  const limits: { after?: Date; before?: Date } = {};
  for (const [, option, value] of (options ?? "").matchAll(/([a-z-]+)(?:="([^"]*)")?/g)) {
    if (option === "namespaces") {
      if (!(value ?? "").split(",").some((each) => each === SEAL_PURPOSE || each === "*")) return "elsewhere";
    } else if (option === "valid-after" || option === "valid-before") {
      const time = timeOf(value ?? "");
      if (time === undefined) {
        return `'${option}' is '${value ?? ""}', and should be as 20270131Z or 202701312359Z`;
      }
      limits[option === "valid-after" ? "after" : "before"] = time;
    } else return `its option '${option}' is not namespaces, valid-after or valid-before`;
  }
  try {
    return { name, key: fingerprintOf(key), ...limits };
  } catch (error) {
    if (error instanceof NoSignature) return `it has no key of the kind ssh-ed25519 (${error.message})`;
    throw error;
  }
}

/** A time as OpenSSH writes it: of this machine's zone, unless a Z says UTC. */
function timeOf(text: string): Date | undefined {
  const [, year, month, day, hour = "00", minute = "00", second = "00", zone = ""] =
    /^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?)?(Z?)$/.exec(text) ?? [];
  const time = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}${zone}`);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

function fault(file: string, line: number, why: string): Diagnostic {
  return {
    code: "DRV422",
    severity: "error",
    message: `Cannot read whose components this project takes: ${why}`,
    file,
    line,
    column: 1,
    help: `write one line for each signer: a name, and what the file of the public key has in it`,
  };
}

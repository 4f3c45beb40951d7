/**
 * The seal of a component: `SHA256SUMS`, the list that 'sha256sum' writes of its files, and `SHA256SUMS.sig`, the
 * author's signature of that list by 'ssh-keygen -Y sign -n osiris-component'. Both lie in the component's
 * folder, so that a folder, a package and an address carry it alike, and it can be checked on every use.
 *
 * What must stay true: a seal that is there either holds for every byte it is asked about, or the component is
 * refused; without `SHA256SUMS.sig` a component is not signed.
 *
 * @module
 */

import { OsirisError } from "../diagnostic.ts";
import { fileHashes, type SourceFile } from "./_hash.ts";
import { NoSignature, signingKey } from "./_ssh_signature.ts";

/** The list of the files' hashes. */
export const SUMS_FILE = "SHA256SUMS";

/** The signature of that list. */
export const SEAL_FILE = "SHA256SUMS.sig";

/** For what a signature has to be made: the `-n` of 'ssh-keygen -Y sign'. */
export const SEAL_PURPOSE = "osiris-component";

/**
 * The fingerprint of the key that sealed these files of a component, two of which may be the seal; undefined
 * when they are not signed. Throws `DRV421` when the seal does not hold.
 */
export async function sealedBy(component: string, files: readonly SourceFile[]): Promise<string | undefined> {
  const seal = files.find(({ path }) => path === SEAL_FILE);
  if (seal === undefined) return undefined;
  const sums = files.find(({ path }) => path === SUMS_FILE);
  if (sums === undefined) throw broken(component, `it has ${SEAL_FILE} and no ${SUMS_FILE}`);
  const key = await signingKey(sums.bytes, new TextDecoder().decode(seal.bytes), SEAL_PURPOSE)
    .catch((error) => {
      throw error instanceof NoSignature ? broken(component, `${SEAL_FILE}: ${error.message}`) : error;
    });
  const listed = hashesIn(component, new TextDecoder().decode(sums.bytes));
  const sealed = files.filter((file) => file !== seal && file !== sums);
  for (const [path, hash] of Object.entries(fileHashes(sealed))) {
    const wanted = listed.get(path);
    if (wanted === undefined) throw broken(component, `${SUMS_FILE} does not list ${path}`);
    if (wanted !== hash) throw broken(component, `${path} is not as it was signed`);
  }
  return key;
}

/** What 'sha256sum' wrote: 64 digits, two places, a path. */
const LINE = /^([0-9a-f]{64}) [ *](?:\.\/)?(.+)$/;

function hashesIn(component: string, text: string): ReadonlyMap<string, string> {
  const hashes = new Map<string, string>();
  for (const [i, line] of text.replace(/\r?\n$/, "").split(/\r?\n/).entries()) {
    const [, hash, path] = LINE.exec(line) ?? [];
    if (hash === undefined || path === undefined || hashes.has(path)) {
      throw broken(
        component,
        `line ${i + 1} of ${SUMS_FILE} is not one that 'sha256sum' writes once for each file`,
      );
    }
    hashes.set(path, `sha256:${hash}`);
  }
  return hashes;
}

function broken(component: string, why: string): OsirisError {
  return new OsirisError("DRV421", `Cannot rely on the signature of '${component}': ${why}`, {
    category: "permission",
    help: "take the component from its author again; the author makes a new signature for every change",
  });
}

/**
 * Signatures of files as OpenSSH makes and checks them ('ssh-keygen -Y sign', its PROTOCOL.sshsig).
 *
 * What must stay true: the mathematics is WebCrypto's; anything of the format that is not understood in full
 * is no signature; whose key it is decides nobody here.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";

/** Why a text is no signature of the bytes. */
export class NoSignature extends Error {}

const ALGORITHM = "ssh-ed25519";
const MAGIC = "SSHSIG";
const ARMOR = /^-----BEGIN SSH SIGNATURE-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END SSH SIGNATURE-----\s*$/;

/**
 * The fingerprint of the key that signed these bytes for this purpose; throws `NoSignature` when none did.
 *
 * @example
 * ```ts
 * await signingKey(bytes, signature, "file"); // "SHA256:…", as 'ssh-keygen -l' prints it
 * ```
 */
export async function signingKey(bytes: Uint8Array, armored: string, namespace: string): Promise<string> {
  const armor = ARMOR.exec(armored);
  if (armor === null) throw new NoSignature("it is not a signature as 'ssh-keygen -Y sign' writes it");
  const fields = new Fields(Buffer.from(armor[1]!, "base64"));
  if (fields.take(MAGIC.length).toString("latin1") !== MAGIC || fields.number() !== 1) {
    throw new NoSignature("it is not a signature of version 1 of OpenSSH's format");
  }
  const key = fields.bytes();
  const purpose = fields.text();
  const reserved = fields.bytes();
  const hash = fields.text();
  const signature = fields.bytes();
  fields.end();
  if (purpose !== namespace) {
    throw new NoSignature(`it was made for '${printed(purpose)}', and should be for '${namespace}'`);
  }
  if (hash !== "sha256" && hash !== "sha512") {
    throw new NoSignature(`it is over a hash of the kind '${printed(hash)}', and should be over sha512`);
  }
  const digest = createHash(hash).update(bytes).digest();
  const signed = Buffer.concat([
    Buffer.from(MAGIC),
    ...[Buffer.from(purpose), reserved, Buffer.from(hash), digest].map(withLength),
  ]);
  if (!await verifies(publicKey(key), valueOf(signature, 64), signed)) {
    throw new NoSignature("it is not of these bytes");
  }
  return fingerprint(key);
}

/** The fingerprint of a public key in OpenSSH's form, in base64; throws `NoSignature` when it is no Ed25519 key. */
export function fingerprintOf(base64: string): string {
  const key = Buffer.from(base64, "base64");
  publicKey(key);
  return fingerprint(key);
}

function fingerprint(key: Uint8Array): string {
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
}

function publicKey(key: Buffer): Buffer<ArrayBuffer> {
  return valueOf(key, 32);
}

/** What follows the name of the algorithm in a key or a signature. */
function valueOf(blob: Buffer, size: number): Buffer<ArrayBuffer> {
  const fields = new Fields(blob);
  const algorithm = fields.text();
  if (algorithm !== ALGORITHM) {
    throw new NoSignature(`its key is of the kind '${printed(algorithm)}', and should be ${ALGORITHM}`);
  }
  const value = fields.bytes();
  fields.end();
  if (value.length !== size) throw new NoSignature(`it has ${value.length} bytes where ${size} belong`);
  return Buffer.from(value);
}

async function verifies(
  raw: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
  signed: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const key = await crypto.subtle.importKey("raw", raw, "Ed25519", false, ["verify"]);
  return await crypto.subtle.verify("Ed25519", key, signature, signed);
}

function withLength(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function printed(text: string): string {
  return text.slice(0, 80).replace(/[^\x20-\x7e]/g, "?");
}

/** Fields of SSH's wire format, each with its length in front. */
class Fields {
  #rest: Buffer;

  constructor(blob: Buffer) {
    this.#rest = blob;
  }

  take(count: number): Buffer {
    if (count > this.#rest.length) throw new NoSignature("it is cut off");
    const taken = this.#rest.subarray(0, count);
    this.#rest = this.#rest.subarray(count);
    return taken;
  }

  number(): number {
    return this.take(4).readUInt32BE();
  }

  bytes(): Buffer {
    return this.take(this.number());
  }

  text(): string {
    return this.bytes().toString("latin1");
  }

  end(): void {
    if (this.#rest.length > 0) throw new NoSignature("it has more in it than belongs to it");
  }
}

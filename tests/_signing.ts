/** A key that signs as 'ssh-keygen -Y sign' does, so that tests need no such program. @module */

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";

export class TestSigner {
  private constructor(readonly name: string, readonly key: string, private readonly secret: CryptoKey) {}

  static async create(name: string): Promise<TestSigner> {
    const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]) as CryptoKeyPair;
    const raw = Buffer.from(await crypto.subtle.exportKey("raw", pair.publicKey));
    return new TestSigner(name, wire("ssh-ed25519", raw).toString("base64"), pair.privateKey);
  }

  /** As 'ssh-keygen -l' prints it. */
  get fingerprint(): string {
    const hash = createHash("sha256").update(Buffer.from(this.key, "base64")).digest("base64");
    return `SHA256:${hash.replace(/=+$/, "")}`;
  }

  /** The line of an 'allowed_signers'. */
  line(options = ""): string {
    return `${this.name} ${options}${options === "" ? "" : " "}ssh-ed25519 ${this.key}\n`;
  }

  /** These files with a seal: what `sha256sum` and `ssh-keygen -Y sign` make of them. */
  async sealed(
    files: Readonly<Record<string, string>>,
    purpose = "osiris-component",
  ): Promise<Record<string, string>> {
    const sums = Object.entries(files)
      .map(([path, text]) => `${createHash("sha256").update(text).digest("hex")}  ${path}\n`).join("");
    return { ...files, "SHA256SUMS": sums, "SHA256SUMS.sig": await this.signature(sums, purpose) };
  }

  async signature(text: string, purpose = "osiris-component"): Promise<string> {
    const digest = createHash("sha512").update(text).digest();
    const about = wire(purpose, "", "sha512");
    const signed = Buffer.concat([Buffer.from("SSHSIG"), about, wire(digest)]);
    const signature = Buffer.from(await crypto.subtle.sign("Ed25519", this.secret, signed));
    const version = Buffer.from([0, 0, 0, 1]);
    const key = wire(Buffer.from(this.key, "base64"));
    const blob = Buffer.concat([
      Buffer.from("SSHSIG"),
      version,
      key,
      about,
      wire(wire("ssh-ed25519", signature)),
    ]);
    const lines = blob.toString("base64").match(/.{1,70}/g)!.join("\n");
    return `-----BEGIN SSH SIGNATURE-----\n${lines}\n-----END SSH SIGNATURE-----\n`;
  }
}

/** Fields of SSH's wire format: each with its length in front. */
function wire(...fields: (string | Buffer)[]): Buffer {
  return Buffer.concat(fields.flatMap((field) => {
    const bytes = Buffer.from(field as string);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return [length, bytes];
  }));
}

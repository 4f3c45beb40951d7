/** What OpenSSH 10 signed is read; nothing else is. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { OsirisError } from "../diagnostic.ts";
import { sealedBy } from "./_seal.ts";
import { NoSignature, signingKey } from "./_ssh_signature.ts";
import { lapsedSigner, parseSigners } from "./signers.ts";

// printf 'what is signed\n' > m; ssh-keygen -Y sign -f jane -n osiris-component m
const SIGNED = new TextEncoder().encode("what is signed\n");
const SIGNATURE = `-----BEGIN SSH SIGNATURE-----
U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgeByb7qdBleyF8hWhSfOegJVWMp
Z3Tv03zfXTJtaWZlwAAAAQb3NpcmlzLWNvbXBvbmVudAAAAAAAAAAGc2hhNTEyAAAAUwAA
AAtzc2gtZWQyNTUxOQAAAECLXBQrVq/VKXkR13oxOrVirVN/f8LhLVh2kb+FXft61N/Fvl
EFDDLVf4uRWdhMIjwPnAK/CarF6Qt6adP2870E
-----END SSH SIGNATURE-----
`;
const PUBLIC =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHgcm+6nQZXshfIVoUnznoCVVjKWd079N8310ybWlmZc jane@shop.example";
// ssh-keygen -l -f jane.pub
const FINGERPRINT = "SHA256:VpQ1Iu4BtwCVBfLJlS4wW5PgKGTPzEWSJkap1NadL+U";

const BLOB = Buffer.from(SIGNATURE.split("\n").slice(1, -2).join(""), "base64");

function armored(blob: Uint8Array): string {
  const lines = Buffer.from(blob).toString("base64").replaceAll(/.{70}/g, "$&\n");
  return `-----BEGIN SSH SIGNATURE-----\n${lines}\n-----END SSH SIGNATURE-----\n`;
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at]! ^= 1;
  return copy;
}

Deno.test("signingKey names the key of a signature that OpenSSH made, as OpenSSH does", async () => {
  assert.equal(await signingKey(SIGNED, SIGNATURE, "osiris-component"), FINGERPRINT);
  assert.equal(await signingKey(SIGNED, SIGNATURE.replaceAll("\n", "\r\n"), "osiris-component"), FINGERPRINT);
});

Deno.test("signingKey takes no signature with one bit changed, cut or lengthened anywhere", async () => {
  const taken: string[] = [];
  const attempt = async (what: string, bytes: Uint8Array, blob: Uint8Array) => {
    await signingKey(bytes, armored(blob), "osiris-component").then(() => taken.push(what), (error) => {
      assert.ok(error instanceof NoSignature, `${what}: ${error}`);
    });
  };
  for (let i = 0; i < BLOB.length; i++) await attempt(`bit of byte ${i}`, SIGNED, flipped(BLOB, i));
  for (let i = 0; i < BLOB.length; i++) await attempt(`first ${i} bytes`, SIGNED, BLOB.subarray(0, i));
  for (let i = 0; i < SIGNED.length; i++) await attempt(`byte ${i} of the text`, flipped(SIGNED, i), BLOB);
  await attempt("one byte more", SIGNED, Buffer.concat([BLOB, Buffer.from([0])]));
  await attempt("no text", new Uint8Array(), BLOB);
  assert.deepEqual(taken, []);
});

Deno.test("signingKey takes no signature for another purpose, and nothing that is none", async () => {
  const says = async (why: RegExp, text: string, purpose = "osiris-component") => {
    await assert.rejects(
      signingKey(SIGNED, text, purpose),
      (error) => error instanceof NoSignature && why.test(error.message),
    );
  };
  await says(/made for 'osiris-component', and should be for 'file'/, SIGNATURE, "file");
  await says(/as 'ssh-keygen -Y sign' writes it/, "");
  await says(/as 'ssh-keygen -Y sign' writes it/, `x${SIGNATURE}`);
  await says(/as 'ssh-keygen -Y sign' writes it/, SIGNATURE + SIGNATURE);
  await says(/as 'ssh-keygen -Y sign' writes it/, SIGNATURE.replaceAll("SSH SIGNATURE", "PGP SIGNATURE"));
  await says(/cut off/, armored(Buffer.from("SSHSIG")));
  await says(
    /of the kind 'ssh-rsa'/,
    armored(Buffer.concat([
      ...[BLOB.subarray(0, 10), Buffer.from([0, 0, 0, 11, 0, 0, 0, 7]), Buffer.from("ssh-rsa")],
      BLOB.subarray(10 + 4 + 51),
    ])),
  );
});

Deno.test("sealedBy holds a component's files against the list that was signed", async () => {
  const file = (path: string, text: string) => ({ path, bytes: new TextEncoder().encode(text) });
  const refusal = async (...files: { path: string; bytes: Uint8Array }[]) => {
    const error = await sealedBy("acme.numbers", files).then(() => undefined, (error) => error);
    assert.ok(error instanceof OsirisError, `it was taken, or died of ${error}`);
    assert.deepEqual([error.code, error.category], ["DRV421", "permission"]);
    return error.message.replace("Cannot rely on the signature of 'acme.numbers': ", "");
  };
  assert.equal(await sealedBy("acme.numbers", [file("spec.yaml", "a")]), undefined);
  assert.equal(await sealedBy("acme.numbers", [file("SHA256SUMS", "of whatever")]), undefined);
  assert.equal(await refusal(file("SHA256SUMS.sig", SIGNATURE)), "it has SHA256SUMS.sig and no SHA256SUMS");
  assert.equal(
    await refusal(file("SHA256SUMS", "something else"), file("SHA256SUMS.sig", SIGNATURE)),
    "SHA256SUMS.sig: it is not of these bytes",
  );
  assert.equal(
    await refusal({ path: "SHA256SUMS", bytes: SIGNED }, file("SHA256SUMS.sig", SIGNATURE)),
    "line 1 of SHA256SUMS is not one that 'sha256sum' writes once for each file",
  );
});

Deno.test("parseSigners reads a line as OpenSSH's 'allowed_signers' has it", () => {
  const { value, diagnostics } = parseSigners(
    `# whose components we take\n\n` +
      `jane@shop.example ${PUBLIC}\n` +
      `"Jane, of the shop" namespaces="osiris-component,file",valid-after="20260101Z",valid-before="202701011200Z" ${PUBLIC}\r\n` +
      `git@shop.example namespaces="git" ${PUBLIC}\n`,
    "osiris_signers",
  );
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(value, [
    { name: "jane@shop.example", key: FINGERPRINT },
    {
      name: "Jane, of the shop",
      key: FINGERPRINT,
      after: new Date("2026-01-01T00:00:00Z"),
      before: new Date("2027-01-01T12:00:00Z"),
    },
  ]);
});

Deno.test("parseSigners skips no line that it does not understand in full", () => {
  const cases: readonly (readonly [line: string, why: RegExp])[] = [
    [PUBLIC, /not of the form/],
    ["jane@shop.example", /not of the form/],
    [`jane cert-authority ${PUBLIC}`, /option 'cert-authority' is not/],
    [`jane valid-before="tomorrow" ${PUBLIC}`, /'valid-before' is 'tomorrow'/],
    [`jane valid-before="20261341Z" ${PUBLIC}`, /'valid-before' is '20261341Z'/],
    [`jane valid-after ${PUBLIC}`, /'valid-after' is ''/],
    ["jane ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ", /of the kind 'ssh-rsa'/],
    ["jane ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA", /no key of the kind ssh-ed25519/],
    [`jane valid-before="20270101Z" verify-required ${PUBLIC}`, /not of the form/],
  ];
  for (const [line, why] of cases) {
    const { value, diagnostics } = parseSigners(`# head\n${line}\n`, "osiris_signers");
    assert.equal(value, undefined, line);
    assert.deepEqual(diagnostics.map(({ code, line }) => [code, line]), [["DRV422", 2]], line);
    assert.match(diagnostics[0]!.message, why);
  }
});

Deno.test("lapsedSigner says when a key cannot allow any more, or not yet, unless another line lets it", () => {
  const key = FINGERPRINT;
  const old = { name: "jane", key, before: new Date("2026-06-01T00:00:00Z") };
  const next = { name: "jane", key, after: new Date("2026-12-01T00:00:00Z") };
  const now = new Date("2026-09-01T00:00:00Z");
  assert.match(lapsedSigner([old], key, now)!, /'jane', who signed it, was valid before 2026-06-01/);
  assert.match(lapsedSigner([next], key, now)!, /'jane', who signed it, is not valid before 2026-12-01/);
  assert.match(lapsedSigner([old, next], key, now)!, /was valid before/);
  assert.equal(lapsedSigner([old, next], key, new Date("2026-12-01T00:00:00Z")), undefined);
  assert.match(lapsedSigner([old], key, old.before)!, /was valid before/);
  assert.equal(lapsedSigner([old], key, new Date("2026-05-31T23:59:59Z")), undefined);
  assert.equal(lapsedSigner([old], "SHA256:another", now), undefined);
  assert.equal(lapsedSigner([old], undefined, now), undefined);
});

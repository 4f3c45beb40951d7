import assert from "node:assert/strict";
import { findSecrets } from "./mod.ts";

/** Built from parts so that no scanner takes this file for a leak. */
const filler = (length: number) => "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7".repeat(20).slice(0, length);

const SECRETS: [kind: RegExp, text: string][] = [
  [/URL/, "postgres://etl:" + "hunter2@db.local/shop"],
  [/URL/, "https://:" + "hunter2@host"],
  [/AWS access/, "AKIA" + "QWERTYUIOP123456"],
  [/AWS secret/, "aws_secret_access_key: " + filler(40)],
  [/GitHub/, "ghp_" + filler(36)],
  [/GitHub/, "github_pat_" + filler(40)],
  [/Slack token/, "xoxb-" + "123456789012-abcdef"],
  [/Slack webhook/, "https://hooks.slack.com/" + "services/T00000000/B00000000/" + filler(24)],
  [/Google key/, "AIza" + filler(35)],
  [/Stripe/, "sk_live_" + filler(24)],
  [/OpenAI/, "sk-proj-" + filler(40)],
  [/OpenAI/, "sk-" + filler(48)],
  [/Anthropic/, "sk-ant-" + "api03-" + filler(40)],
  [/Web Token/, "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxMjM0In0." + filler(43)],
  [/private key/, "-----BEGIN RSA " + "PRIVATE KEY-----"],
];

const HARMLESS = [
  "postgres://etl@db.local/shop",
  "postgres://etl:${params.password}@db.local/shop",
  "http://localhost:8080/a@b",
  "https://host:443/x?y=z@w",
  "sk-some-long-kebab-case-name-for-a-step",
  "task-1234567890123456789012345678901234567890",
  "AKIA is a prefix",
  "eyJ",
  "data/2026-01-01/part-0001.parquet",
  "-----BEGIN PUBLIC KEY-----",
  "-----BEGIN CERTIFICATE-----",
  "sha256:" + "a".repeat(64),
  "SELECT 'a:b@c' FROM t",
];

Deno.test("findSecrets finds each known shape and its place", () => {
  for (const [kind, text] of SECRETS) {
    const [found, ...rest] = findSecrets(`key: "${text}" # x`);
    assert.match(found?.kind ?? "nothing", kind, text);
    assert.deepEqual(rest, []);
    assert.ok(`key: "${text}" # x`.slice(found!.index, found!.index + found!.length).length >= 6);
  }
});

Deno.test("findSecrets leaves ordinary text alone", () => {
  for (const text of HARMLESS) assert.deepEqual(findSecrets(text), [], text);
});

Deno.test("findSecrets reads a hostile text of megabytes quickly", () => {
  const started = performance.now();
  for (
    const text of [
      "a".repeat(2_000_000),
      "://a:".repeat(200_000),
      "eyJ".repeat(300_000),
      "sk-".repeat(300_000),
      "-----BEGIN ".repeat(100_000),
    ]
  ) findSecrets(text);
  assert.ok(performance.now() - started < 10_000);
});

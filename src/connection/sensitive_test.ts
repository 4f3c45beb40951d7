import assert from "node:assert/strict";
import fc from "fast-check";
import { isSensitiveName, maskSample } from "./sensitive.ts";

const same = (text: string) => text;

Deno.test("isSensitiveName tells names that announce something private from those that do not", () => {
  const sensitive = [
    ...[
      "password",
      "user_password",
      "PasswordHash",
      "pwd",
      "api_key",
      "apiKey",
      "API_KEY",
      "accessToken",
      "secrets",
    ],
    ...[
      "ssn",
      "e_mail",
      "email",
      "EMAIL_ADDRESS",
      "customer email",
      "credit_card",
      "cardNumber",
      "phone2",
      "iban",
    ],
    ...["date_of_birth_date", "birth_date", "auth_token", "tokens", "client_secret"],
  ];
  const plain = [
    ...[
      "id",
      "name",
      "amount",
      "passenger",
      "pinned",
      "compass",
      "key",
      "card",
      "number",
      "spanner",
      "authority",
    ],
    ...["mailbox_id_count", "tokenizer", "assassin", "telemetry", "note", ""],
  ];
  assert.deepEqual(sensitive.filter((name) => !isSensitiveName(name)), []);
  assert.deepEqual(plain.filter(isSensitiveName), ["mailbox_id_count"]); // in doubt it is masked
});

Deno.test("maskSample masks what is sensitive by its own look, and leaves the rest of the text", () => {
  const masked: readonly (readonly [string, string])[] = [
    ["write to ann.b+c@example.co.uk now", "write to *** now"],
    ["card 4111-1111-1111-1111, thanks", "card ***, thanks"],
    ["4111111111111111", "***"],
    ["SSN 078-05-1120.", "SSN ***."],
    ["DE89 3704 0044 0532 0130 00", "***"],
    ["postgres://etl:hunter2@db/x", "postgres://etl:***@db/x"],
    ["Authorization: Bearer abcdefgh12345678", "Authorization: ***"],
    ["key ghp_abcdefghijklmnopqrstuvwxyz0123456789", "key ***"],
    ["a9Fk20sLqP83mZxW71bTy6Rc", "***"],
  ];
  for (const [text, expected] of masked) assert.equal(maskSample("note", text, same), expected);
  assert.equal(maskSample("n", 4111111111111111, same), "***");
});

Deno.test("maskSample shows what says nothing about anybody", () => {
  const plain = [
    ...[
      "",
      "Ann",
      "12.50",
      "2026-01-31 12:00:00",
      "0012345678",
      "4111111111111112",
      "an ordinary sentence @ noon",
    ],
    ...[
      "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
      "a_rather_long_identifier_of_words",
      0,
      1.5,
      true,
      false,
      null,
    ],
  ];
  for (const value of plain) assert.equal(maskSample("note", value, same), value);
});

Deno.test("maskSample looks into lists and objects, and at the names of their keys", () => {
  const value = {
    user: { name: "Ann", password: "x" },
    mails: ["a@b.cz"],
    tags: ["a", 1, null],
    token: { a: 1 },
  };
  assert.deepEqual(maskSample("data", value, same), {
    user: { name: "Ann", password: "***" },
    mails: "***",
    tags: ["a", 1, null],
    token: "***",
  });
});

Deno.test("maskSample lets no secret through that the scrubber knows, wherever it stands", () => {
  const secret = "hunter2-and-more";
  const scrub = (text: string) => text.replaceAll(secret, "***");
  const nested = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      fc.tuple(fc.string(), fc.string()).map(([a, b]) => a + secret + b),
      fc.double(),
      fc.constant(null),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(fc.tuple(fc.string(), fc.constant(secret)).map(([a, b]) => a + b), tie("value"), {
        maxKeys: 3,
      }),
    ),
  })).value;
  fc.assert(fc.property(fc.string(), nested, (column, value) => {
    assert.ok(!JSON.stringify(maskSample(column, value, scrub)).includes(secret));
  }));
});

Deno.test("maskSample takes long hostile texts in its stride", () => {
  for (
    const text of ["1".repeat(200_000), "a@".repeat(100_000), "A1".repeat(100_000), "4 ".repeat(100_000)]
  ) {
    const began = performance.now();
    maskSample("note", text, same);
    assert.ok(performance.now() - began < 10_000);
  }
});

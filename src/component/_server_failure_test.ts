import { deepEqual, equal, ok } from "node:assert/strict";
import { DriverError } from "./_driver_error.ts";
import { type Meaning, ServerFailure, serverFailure } from "./_server_failure.ts";

const ATTEMPT = "Cannot read the orders at db:1";

function told(thrown: unknown, meaningOf?: (thrown: unknown) => Meaning | undefined): ServerFailure {
  const failure = serverFailure(ATTEMPT, thrown, meaningOf);
  ok(failure instanceof ServerFailure);
  return failure;
}

for (
  const [thrown, trouble, transient, what] of [
    [Object.assign(new Error("x"), { code: "ECONNREFUSED" }), "network", true, /refused/],
    [new Error("Connection refused (os error 111)"), "network", true, /refused/],
    [
      new Error("failed to lookup address information: Name or service not known"),
      "network",
      false,
      /resolved/,
    ],
    [
      new Error("failed to lookup address information: Temporary failure in name resolution"),
      "network",
      true,
      /resolved/,
    ],
    [Object.assign(new Error("connect ETIMEDOUT"), { code: "ETIMEDOUT" }), "timeout", true, /in time/],
    [new Error("invalid peer certificate: UnknownIssuer"), "network", false, /TLS failed: .*UnknownIssuer/],
    [new Error("peer closed connection without sending TLS close_notify"), "network", true, /was cut/],
    [new Error("Connection reset by peer (os error 104)"), "network", true, /was cut/],
    [Object.assign(new Error("no net access"), { name: "NotCapable" }), "permission", false, /not granted/],
    [new Error("something\n odd"), "network", true, /^something odd$/],
    ["a text", "network", true, /^a text$/],
    [undefined, "network", true, /undefined/],
  ] as const
) {
  Deno.test(`serverFailure makes ${trouble} of '${String(thrown)}'`, () => {
    const { trouble: found, what: said, how, options, message } = told(thrown);
    deepEqual([found, options.retryable], [trouble, transient]);
    ok(what.test(said), said);
    equal(message, `${ATTEMPT} (${trouble}): ${said}`);
    ok(how.help.length > 10);
  });
}

Deno.test("serverFailure lets the driver's own meaning come first, and leaves its own errors as they are", () => {
  const busy = { trouble: "limit", help: "wait", retryAfterMs: 2_000, transient: true } as const;
  const { trouble, options, what } = told(new Error("refused: busy"), () => busy);
  deepEqual([trouble, what], ["limit", "refused: busy"]);
  deepEqual(options, { category: "run", retryable: true, help: "wait", retryAfterMs: 2_000 });
  const own = new DriverError("mine");
  equal(serverFailure(ATTEMPT, own), own);
});

Deno.test("serverFailure repeats no URL, whose query may hold a key, and no more than some lines", () => {
  const { message } = told(
    new Error(`error sending request for url (https://a/b?key=s3cret): ${"x".repeat(5_000)}`),
  );
  ok(!message.includes("s3cret") && message.length < 1_000, message);
});

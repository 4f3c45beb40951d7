import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { contextFor, ServerFailure } from "osiris/driver";
import { parse } from "yaml";
import driver from "./driver.ts";

const CONNECTION = { auth: "none", timeout_s: 5, check_path: "", base_url: "http://127.0.0.1:2" };

/** What a check makes of a server that answers so. */
async function checked(answer: (request: Request) => Response, connection: object = {}) {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, answer);
  try {
    const base_url = `http://127.0.0.1:${server.addr.port}/v1`;
    return await driver.check!(contextFor({} as never, { ...CONNECTION, base_url, ...connection }));
  } finally {
    await server.shutdown();
  }
}

/** What `connections doctor` hears of a check that came to nothing. */
async function troubleOf(check: Promise<unknown>): Promise<ServerFailure> {
  const thrown = await check.then(() => undefined, (error) => error);
  assert.ok(thrown instanceof ServerFailure, String(thrown));
  return thrown;
}

Deno.test("http.extractor finds a connection well when the server answers and takes the login", async () => {
  assert.deepEqual(await checked(() => new Response("hello")), { ok: true });
  assert.deepEqual(await checked(() => new Response("no such page", { status: 404 })), { ok: true });
  const asked: string[] = [];
  const answer = (request: Request) => (asked.push(new URL(request.url).pathname), new Response("me"));
  await checked(answer, { check_path: "me" });
  await checked(answer);
  assert.deepEqual(asked, ["/v1/me", "/v1"]);
});

for (
  const [status, category] of [[401, "auth"], [403, "permission"], [429, "limit"], [503, "network"]] as const
) {
  Deno.test(`http.extractor says what is wrong with a connection that gives ${status}: ${category}`, async () => {
    const login = { auth: "bearer", token: "s3cret-4711" };
    const { trouble, message, how } = await troubleOf(
      checked(() => new Response("no: s3cret-4711", { status }), login),
    );
    assert.equal(trouble, category);
    assert.ok(how.help.length > 10 && !(message + how.help).includes("s3cret"));
  });
}

Deno.test("http.extractor says what is wrong with a connection that reaches nothing", async () => {
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const base_url = `http://127.0.0.1:${silent.addr.port}`;
  const check = async (connection: object) =>
    await driver.check!(contextFor({} as never, { ...CONNECTION, ...connection }));
  assert.equal((await troubleOf(check({ base_url, timeout_s: 0.2 }))).trouble, "timeout");
  assert.equal((await troubleOf(check({}))).trouble, "network");
  assert.equal((await troubleOf(check({ auth: "bearer" }))).trouble, "config");
});

Deno.test("http.extractor asks below base_url, whatever the path", async () => {
  const { below } = await import("../http/mod.ts");
  assert.equal(below("https://a.example/v1/", "/items?x=1").href, "https://a.example/v1/items?x=1");
  for (
    const path of [
      "//evil.example",
      "https://evil.example",
      "@evil.example",
      "\\evil.example",
      "../../x",
      ":80",
    ]
  ) {
    for (const base of ["https://a.example", "https://a.example/", "https://a.example/v1"]) {
      assert.equal(below(base, path).origin, "https://a.example", path);
    }
  }
});

Deno.test("http.extractor declares the same connection as the rest of its family", () => {
  const connectionOf = (name: string) =>
    parse(readFileSync(new URL(`../${name}/spec.yaml`, import.meta.url), "utf8"));
  const [rest, graphql] = ["http.extractor", "graphql.extractor"].map(connectionOf);
  assert.deepEqual(graphql.connection, rest.connection);
  assert.deepEqual(graphql.permissions, rest.permissions);
});

/**
 * Whom `http.extractor` asks, and with what: logins, redirects, the program as it is started. What must hold: an error
 * says what to do, and no secret leaves its host or gets into a file.
 *
 * @module
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { Api, type Asked } from "./_api.ts";
import { failureOf, ITEMS, items, reading, rowsOf } from "./_http.ts";
import { osiris } from "./_osiris.ts";

for (
  const [auth, expected] of [
    [{ auth: "none" }, (asked: Asked) => asked.headers.get("authorization") === null],
    [
      { auth: "basic", user: "jürgen", password: "pä:ss-word" },
      (asked: Asked) => asked.headers.get("authorization") === "Basic asO8cmdlbjpww6Q6c3Mtd29yZA==",
    ],
    [
      { auth: "basic", user: "key-as-user", password: "" },
      (asked: Asked) => asked.headers.get("authorization") === `Basic ${btoa("key-as-user:")}`,
    ],
    [
      { auth: "bearer", token: "tok-4711" },
      (asked: Asked) => asked.headers.get("authorization") === "Bearer tok-4711",
    ],
    [
      { auth: "api_key", api_key: "key-4711" },
      (asked: Asked) => asked.headers.get("x-api-key") === "key-4711",
    ],
    [
      { auth: "api_key", api_key: "key&4711", key_in: "query", key_name: "k" },
      (asked: Asked) => asked.query["k"] === "key&4711",
    ],
    [
      { auth: "none", secret_headers: { "x-second": "second-4711" } },
      (asked: Asked) => asked.headers.get("x-second") === "second-4711",
    ],
  ] as const
) {
  Deno.test(`http.extractor shows who asks: ${JSON.stringify(auth)}`, async () => {
    await using api = new Api(items);
    assert.deepEqual(await rowsOf({ base_url: api.url, ...auth }, ITEMS), [{ id: 1 }, { id: 2 }]);
    assert.equal(api.asked.length, 1);
    assert.ok(expected(api.asked[0]!));
  });
}

for (const client_auth of ["basic", "body"] as const) {
  Deno.test(`http.extractor asks for a token once, and again when it is refused (${client_auth})`, async () => {
    const given: string[] = [];
    await using logins = new Api((asked) => {
      const form = new URLSearchParams(asked.body);
      assert.equal(form.get("grant_type"), "client_credentials");
      assert.equal(form.get("scope"), "a b");
      assert.equal(form.get("client_secret"), client_auth === "body" ? "s3cret/x" : null);
      const header = asked.headers.get("authorization");
      assert.equal(header, client_auth === "body" ? null : `Basic ${btoa("etl:s3cret%2Fx")}`);
      given.push(`tok-${given.length + 1}`);
      return Response.json({ access_token: given.at(-1), token_type: "bearer", expires_in: 3600 });
    });
    await using api = new Api(({ query, headers }, time) => {
      // After two pages the first token is not good any more.
      if (time === 2) return new Response("expired", { status: 401 });
      assert.equal(headers.get("authorization"), `Bearer ${time < 2 ? "tok-1" : "tok-2"}`);
      const page = Number(query["page"]);
      return Response.json(page > 4 ? [] : [{ id: page }]);
    });
    const rows = await rowsOf({
      base_url: api.url,
      auth: "oauth2_client_credentials",
      login_url: `${logins.url}/oauth/token`,
      client_id: "etl",
      client_secret: "s3cret/x",
      scope: "a b",
      client_auth,
    }, { ...ITEMS, pagination: "page" });
    assert.deepEqual(rows.map(({ id }) => id), [1, 2, 3, 4]);
    assert.deepEqual(given, ["tok-1", "tok-2"]);
  });
}

Deno.test("http.extractor says which login was refused, and shows neither token nor key", async () => {
  await using logins = new Api(() => Response.json({ access_token: "tok-very-secret" }));
  await using api = new Api(({ headers }) =>
    new Response(`who is ${headers.get("authorization")}?`, { status: 401 })
  );
  const failure = await failureOf({
    base_url: api.url,
    auth: "oauth2_client_credentials",
    login_url: logins.url,
    client_id: "etl",
    client_secret: "s3cret-4711",
  }, ITEMS);
  assert.match(failure.message, /\(auth\): status 401: the server refused the login: who is Bearer \*\*\*\?/);
  assert.equal(failure.category, "connection");
  assert.match(failure.help!, /client_id, client_secret/);
});

Deno.test("http.extractor says that a client got no token", async () => {
  await using logins = new Api(() => Response.json({ error: "invalid_client" }, { status: 400 }));
  await using api = new Api(items);
  const failure = await failureOf({
    base_url: api.url,
    auth: "oauth2_client_credentials",
    login_url: logins.url,
    client_id: "etl",
    client_secret: "s3cret-4711",
  }, ITEMS);
  assert.match(
    failure.message,
    /\(auth\): status 400: the server gave no token: \{"error":"invalid_client"\}/,
  );
  assert.equal(api.asked.length, 0);
});

for (
  const [connection, message] of [
    [{ auth: "basic", user: "etl" }, /with auth 'basic' it should have password/],
    [{ auth: "bearer" }, /it should have token/],
    [{ timeout_s: 0 }, /'timeout_s' should be more than 0/],
    [
      { auth: "bearer", token: "line\nbreak" },
      /\(config\): a header has a name or a value that no header may have/,
    ],
    [{ login_url: "http://127.0.0.1:1/x" }, /has a login_url, which auth 'none' does not use/],
  ] as const
) {
  Deno.test(`http.extractor refuses a connection that makes no sense: ${JSON.stringify(connection)}`, async () => {
    await using api = new Api(items);
    const failure = await failureOf({ base_url: api.url, ...connection }, ITEMS);
    assert.match(failure.message, message);
    assert.equal(api.asked.length, 0);
  });
}

Deno.test("http.extractor follows a redirect on its own host, with its login", async () => {
  await using api = new Api(({ path }) =>
    path === "/items" ? new Response(null, { status: 301, headers: { location: "/v2/items?a=b" } }) : items()
  );
  const rows = await rowsOf({ base_url: api.url, auth: "bearer", token: "tok-4711" }, ITEMS);
  assert.equal(rows.length, 2);
  assert.equal(api.asked[1]!.headers.get("authorization"), "Bearer tok-4711");
  assert.deepEqual(api.asked[1]!.query, { a: "b" });
});

for (const status of [301, 302, 303, 307, 308]) {
  Deno.test(`http.extractor follows no redirect (${status}) to another host, and takes no login there`, async () => {
    await using other = new Api(items);
    await using api = new Api(() =>
      new Response(null, { status, headers: { location: `${other.url}/items` } })
    );
    const failure = await failureOf({ base_url: api.url, auth: "bearer", token: "tok-4711" }, ITEMS);
    assert.ok(failure.message.includes(`it redirects to another host, ${other.url}`), failure.message);
    assert.equal(other.asked.length, 0);
  });
}

Deno.test("http.extractor does not go in circles", async () => {
  await using api = new Api(() => new Response(null, { status: 302, headers: { location: "/items" } }));
  assert.match((await failureOf({ base_url: api.url }, ITEMS)).message, /redirects more than 5 times/);
});

Deno.test("http.extractor through the program: rows, exit codes, and no secret in any file or line", async () => {
  const secrets = { API_KEY: "k-5ecret-canary", SECOND: "s-5ecret-canary" };
  let broken = false;
  await using api = new Api(({ query, headers }) =>
    broken ? new Response(`no: ${query["key"]} ${headers.get("x-second")}`, { status: 401 }) : items()
  );
  await using project = await reading({
    base_url: api.url,
    auth: "api_key",
    api_key: "${API_KEY}",
    key_in: "query",
    key_name: "key",
    secret_headers: { "x-second": "${SECOND}" },
  }, { path: "items", params: { limit: 5 } });
  const run = () => osiris(["run", "pipeline.oml"], { cwd: project.root, env: secrets });
  const good = await run();
  assert.equal(good.code, 0, good.stderr);
  broken = true;
  const bad = await run();
  assert.notEqual(bad.code, 0);
  assert.match(bad.stdout + bad.stderr, /refused the login/);
  const dry = await osiris(["run", "pipeline.oml", "--dry-run"], { cwd: project.root, env: secrets });
  assert.ok(dry.stdout.includes(api.address), "the plan says what is reached");
  assert.ok(
    api.asked.every(({ query, headers }) =>
      query["key"] === secrets.API_KEY && headers.get("x-second") === secrets.SECOND
    ),
  );
  const said = [good, bad, dry].map(({ stdout, stderr }) => stdout + stderr);
  const files = (await project.list()).map((path) => join(project.root, path));
  const kept = files.filter((path) => Deno.statSync(path).isFile).map((path) => Deno.readTextFileSync(path));
  for (const text of [...said, ...kept]) assert.ok(!text.includes("5ecret-canary"), text);
});

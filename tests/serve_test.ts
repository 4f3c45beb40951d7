/** The promises of the server of pages (H1 to H11 and H13), but for what only a browser shows. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { recordSession } from "../src/report/_recorded_for_tests.ts";
import { newAccess, reportServer } from "../src/report/mod.ts";
import { pagesOf, type PagesServer, rawAnswer, servedPagesOf } from "./_pages_server.ts";
import { until } from "./_until.ts";

const POLICY =
  /default-src 'none'.*(?:script-src 'nonce-[A-Za-z0-9+/=]{24}'|^sandbox)|^sandbox; default-src 'none'/;

/** A folder of runs, gone afterwards; one run in it has an artifact. */
async function withLogs(test: (logs: string, session: string) => Promise<void>): Promise<void> {
  const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "osiris-serve-" }));
  try {
    const logs = join(root, "logs");
    const folder = await recordSession(logs, {}, async (session) => {
      await session.artifact("load", "sample.json", '{"rows": [{"<b>": 1}]}');
      await session.artifact("load", "page.html", "<script>alert(1)</script>");
      session.event("run.complete", { duration_ms: 1200, exit_code: 0, lost: 0, rows_written: 3 });
    });
    await test(logs, folder.slice(logs.length + 1));
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** Every kind of address, of a session with artifacts. */
function addresses(session: string): string[] {
  const artifact = (how: string, name: string) => `/runs/${session}/artifact${how}?id=load%2F${name}`;
  return [
    "/",
    "/?q=sales&state=succeeded&sort=duration&order=up&from=2026-01-01&to=2026-02-01&page=9",
    "/pipeline?pipeline=sales",
    "/metrics",
    `/runs/${session}`,
    `/runs/${session}?level=error&step=load&kind=run.&text=x&from=5`,
    `/runs/${session}/step?id=load`,
    `/compare?before=${session}&after=${session}`,
    artifact("", "sample.json"),
    artifact("/content", "page.html"),
    artifact("/download", "page.html"),
  ];
}

/** Asks raw, with the request's line and headers as they are, and gives the status. */
async function rawStatus(server: PagesServer, line: string, ...headers: readonly string[]): Promise<number> {
  const answer = await rawAnswer(server.port, [line, ...headers, "Connection: close", "", ""].join("\r\n"));
  return Number(/^HTTP\/1\.[01] (\d{3})/.exec(answer)?.[1] ?? 0);
}

Deno.test("H1: the server answers for its own address alone, however another host is written", () =>
  withLogs(async (logs) => {
    await using server = await servedPagesOf(logs);
    const { port, cookie } = server;
    const of = (host: string) => rawStatus(server, "GET / HTTP/1.1", `Host: ${host}`, `Cookie: ${cookie}`);
    assert.equal(await of(`127.0.0.1:${port}`), 200);
    assert.equal(await of(`localhost:${port}`), 200);
    const foreign = [
      "evil.example",
      `evil.example:${port}`,
      `127.0.0.1.evil.example:${port}`,
      `evil.example#127.0.0.1:${port}`,
      `evil.example@127.0.0.1:${port}`,
      `127.0.0.1:${port}@evil.example`,
      `127.0.0.1:${port}.`,
      `127.0.0.1.:${port}`,
      `localhost.:${port}`,
      `localhost.evil.example:${port}`,
      `LOCALHOST.EVIL.EXAMPLE:${port}`,
      `[::1]:${port}`,
      `[::ffff:127.0.0.1]:${port}`,
      `[fe80::1]:${port}`,
      `192.168.0.1:${port}`,
      `0.0.0.0:${port}`,
      `10.0.0.1:${port}`,
      "127.0.0.1",
      `127.0.0.1:${port + 1}`,
      `127.0.0.1:${port}, evil.example`,
      `evil.example, 127.0.0.1:${port}`,
      "a b",
      "",
    ];
    for (const host of foreign) {
      const status = await of(host);
      assert.ok([400, 403].includes(status), `Host '${host}': ${status}`);
    }
    const own = `Host: 127.0.0.1:${port}`;
    const withCookie = `Cookie: ${cookie}`;
    const others: [string, ...string[]][] = [
      ["GET / HTTP/1.1", withCookie],
      ["GET / HTTP/1.0", withCookie],
      ["GET / HTTP/1.1", own, "Host: evil.example", withCookie],
      ["GET / HTTP/1.1", "Host: evil.example", own, withCookie],
      ["GET http://evil.example/ HTTP/1.1", own, withCookie],
      [`GET http://127.0.0.1:${port}/ HTTP/1.1`, "Host: evil.example", withCookie],
    ];
    for (const [line, ...headers] of others) {
      const status = await rawStatus(server, line, ...headers);
      assert.ok([400, 403].includes(status), `${line} ${headers}: ${status}`);
    }
  }));

Deno.test("H2: nothing that is asked changes anything on disk, whatever the method says", () =>
  withLogs(async (logs, session) => {
    await using server = await pagesOf(logs);
    const before = picture(logs);
    for (const method of ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "PROPFIND"]) {
      for (const headers of [{}, { "content-type": "text/plain" }, { "x-http-method-override": "DELETE" }]) {
        const body = method === "HEAD" ? {} : { body: "_method=DELETE" };
        const answer = await server.ask(`/runs/${session}`, { method, ...body, headers });
        assert.equal(answer.status, 405, method);
        assert.equal(answer.headers.get("allow"), "GET");
      }
    }
    for (const address of addresses(session)) {
      for (const override of ["", "_method=DELETE", "delete=1"]) {
        const answer = await server.ask(`${address}${address.includes("?") ? "&" : "?"}${override}`, {
          headers: { "x-http-method-override": "DELETE" },
        });
        assert.equal(answer.status, 200, address);
        await answer.bytes();
      }
    }
    assert.deepEqual(picture(logs), before);
  }));

Deno.test("H3: without the token of this start, and after it was used, nobody is let in", () =>
  withLogs(async (logs) => {
    await using server = await pagesOf(logs);
    await using other = await pagesOf(logs);
    const without = (path: string, cookie = "") => server.ask(path, { headers: { cookie } });
    const name = server.cookie.split("=")[0];
    for (const path of ["/", "/live", "/metrics", "/pipeline?pipeline=sales", "/absent"]) {
      assert.equal((await without(path)).status, 401, path);
      assert.equal((await without(path, other.cookie)).status, 401, path);
      assert.equal((await without(path, `${name}=`)).status, 401, path);
    }
    assert.equal((await without(`/?token=${server.token}`)).status, 401, "a token is used once");
    assert.equal((await without(`/?token=${other.token}`)).status, 401, "another start's token");
    assert.equal((await server.ask("/")).status, 200);
    const guess = () => newAccess().token;
    for (let n = 0; n < 100; n++) {
      const answer = await without(n % 2 === 0 ? `/?token=${guess()}` : "/", `${name}=${guess()}`);
      assert.equal(answer.status, 401);
      assert.equal(answer.headers.get("set-cookie"), null);
    }
    const access = newAccess();
    for (let n = 0; n < 10_000; n++) assert.equal(access.redeem(guess()), undefined);
    const cookie = access.redeem(access.token)!;
    for (let n = 0; n < 10_000; n++) assert.ok(!access.admits(guess()));
    assert.ok(access.admits(cookie) && !access.admits(undefined) && !access.admits(cookie.slice(1)));
  }));

Deno.test("H4: a token leaves the address at once, for a cookie that no script and no other site gets", () =>
  withLogs(async (logs) => {
    const access = newAccess();
    const server = reportServer({ logs, access, port: () => 8017 });
    const headers = { host: "127.0.0.1:8017" };
    const ask = (path: string, more = {}) =>
      server.fetch(new Request(`http://127.0.0.1:8017${path}`, { headers: { ...headers, ...more } }));
    const answer = await ask(`/?token=${access.token}`);
    assert.equal(answer.status, 303);
    assert.equal(answer.headers.get("location"), "/");
    const [pair, ...attributes] = answer.headers.get("set-cookie")!.split("; ");
    assert.deepEqual(attributes.sort(), ["HttpOnly", "Path=/", "SameSite=Strict"]);
    assert.match(pair!, /^osiris_8017=[\w-]{43}$/);
    assert.ok(!pair!.includes(access.token), "the cookie is no token");
    for (const path of ["/", "/pipeline?pipeline=sales", "/absent", `/?token=${access.token}`]) {
      const page = await ask(path, { cookie: pair });
      const said = await page.text() + JSON.stringify([...page.headers]);
      assert.ok(!said.includes(access.token) && !said.includes(pair!.split("=")[1]!), path);
      assert.equal(page.headers.get("referrer-policy"), "no-referrer");
      assert.equal(page.headers.get("cache-control"), "no-store");
    }
    await server.close();
  }));

Deno.test("H6, H13: every answer, errors and files too, names what may run: nothing but what carries its nonce", () =>
  withLogs(async (logs, session) => {
    await using server = await pagesOf(logs);
    const nonces = new Set<string>();
    const check = async (name: string, answer: Response) => {
      const policy = answer.headers.get("content-security-policy") ?? "";
      assert.match(policy, POLICY, name);
      assert.doesNotMatch(policy, /unsafe|\*|https?:/, name);
      assert.equal(answer.headers.get("x-content-type-options"), "nosniff", name);
      assert.equal(answer.headers.get("access-control-allow-origin"), null, name);
      const nonce = /'nonce-([^']+)'/.exec(policy)?.[1];
      if (nonce !== undefined) {
        assert.ok(!nonces.has(nonce), "a nonce is used once");
        nonces.add(nonce);
      }
      const isPage = answer.headers.get("content-type")?.startsWith("text/html");
      const html = isPage ? await answer.text() : "";
      for (const [tag] of html.matchAll(/<(?:script|style)\b[^>]*>/g)) {
        assert.ok(nonce !== undefined && tag.includes(`nonce="${nonce}"`), `${name}: ${tag}`);
      }
      assert.doesNotMatch(html, /\s(?:style|on[a-z]+)="/, name);
      if (!isPage) await answer.body?.cancel();
    };
    for (const address of addresses(session)) {
      const answer = await server.ask(address);
      assert.equal(answer.status, 200, address);
      await check(address, answer);
    }
    await check("no cookie", await server.ask("/", { headers: { cookie: "" } }));
    await check("foreign host", await server.ask("/", { headers: { host: "evil.example" } }));
    await check("foreign origin", await server.ask("/", { headers: { origin: "null" } }));
    await check("wrong method", await server.ask("/", { method: "POST" }));
    await check("too long", await server.ask(`/?q=${"a".repeat(9000)}`));
    for (const path of ["/absent", "/runs/absent", "/runs/%zz", `/runs/${session}/artifact?id=none`]) {
      const answer = await server.ask(path);
      assert.equal(answer.status, 404, path);
      await check(path, answer);
    }
    const stream = await server.ask("/live");
    await check("a stream", stream);
    const content = await server.ask(`/runs/${session}/artifact/content?id=load%2Fpage.html`);
    assert.match(content.headers.get("content-security-policy")!, /^sandbox; default-src 'none'/);
    assert.ok((await content.text()).includes("&lt;script&gt;alert(1)&lt;/script&gt;"));
    const download = await server.ask(`/runs/${session}/artifact/download?id=load%2Fpage.html`);
    assert.equal(download.headers.get("content-type"), "application/octet-stream");
    assert.equal(download.headers.get("content-disposition"), "attachment; filename*=UTF-8''page.html");
    assert.equal(await download.text(), "<script>alert(1)</script>");
  }));

Deno.test("H7: no address leads out of a session, and no link in one leads anywhere", () =>
  withLogs(async (logs, session) => {
    await Deno.writeTextFile(join(logs, "..", "secret.txt"), "SECRET");
    await Deno.mkdir(join(logs, `${session}x`));
    await Deno.writeTextFile(join(logs, `${session}x`, "secret.txt"), "SECRET");
    const folder = join(logs, session);
    await Deno.symlink(join(logs, "..", "secret.txt"), join(folder, "artifacts", "load", "link.txt"));
    await Deno.symlink(join(logs, ".."), join(folder, "artifacts", "out"));
    await Deno.symlink(join(logs, ".."), join(logs, "run_20260115T100000Z_linked"));
    const linked = await recordSession(logs, { started_at: "2026-01-16T10:00:00.000Z" });
    for (const file of ["manifest.yaml", "events.jsonl", "metrics.jsonl", "plan.json"]) {
      await Deno.remove(join(linked, file));
      await Deno.symlink(join(logs, "..", "secret.txt"), join(linked, file));
    }
    await Deno.symlink(join(logs, ".."), join(linked, "artifacts"));
    await using server = await servedPagesOf(logs);
    const ups = [
      "..",
      "../..",
      "..%2f..",
      "%2e%2e",
      "%2e%2e%2f",
      "..%5c",
      "%252e%252e%252f",
      "....//",
      "./",
      "//",
      "%00",
    ];
    const paths = ups.flatMap((up) => [
      `/${up}/secret.txt`,
      `/runs/${up}/secret.txt`,
      `/runs/${session}/${up}/secret.txt`,
      `/runs/${session}/artifact?id=${up}/secret.txt`,
      `/runs/${session}/artifact/download?id=load/${up}/${up}/${up}/secret.txt`,
    ]).concat([
      "//secret.txt",
      `/runs/${session}x`,
      `/runs/${session}x/artifact?id=secret.txt`,
      "/runs/run_20260115T100000Z_linked",
      `/runs/${session}/artifact?id=load/link.txt`,
      `/runs/${session}/artifact/content?id=load/link.txt`,
      `/runs/${session}/artifact/download?id=out/secret.txt`,
      `/runs/${session}/artifact/download?id=load%2Fsample.json%00`,
      `/runs/${session}/artifact/download?id=${
        encodeURIComponent(join(folder, "artifacts/load/sample.json"))
      }`,
      `/runs/${session}/artifact/download?id=../events.jsonl`,
      `/runs/${linked.slice(logs.length + 1)}/artifact/download?id=logs/secret.txt`,
    ]);
    assert.ok(paths.length >= 60, String(paths.length));
    for (const path of paths) {
      const answer = await rawAnswer(
        server.port,
        `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nCookie: ${server.cookie}\r\nConnection: close\r\n\r\n`,
      );
      assert.match(answer, /^HTTP\/1\.1 (?:404|400) /, path);
      assert.ok(!answer.includes("SECRET"), path);
    }
    const page = await server.ask(`/runs/${linked.slice(logs.length + 1)}`);
    assert.equal(page.status, 200);
    assert.ok(!(await page.text()).includes("SECRET"));
  }));

Deno.test("H8: no other site is answered, and none is told that it may ask", () =>
  withLogs(async (logs, session) => {
    await using server = await pagesOf(logs);
    const own = server.origin;
    const origins = [
      "null",
      "http://evil.example",
      `http://127.0.0.1:${server.port + 1}`,
      `https://127.0.0.1:${server.port}`,
      `${own}.evil.example`,
      `http://localhost:${server.port}`,
    ];
    for (const path of addresses(session)) {
      for (
        const headers of [
          ...origins.map((origin) => ({ origin })),
          { "sec-fetch-site": "cross-site" },
          { "sec-fetch-site": "same-site" },
          { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" },
        ]
      ) {
        const answer = await server.ask(path, { headers: headers as Record<string, string> });
        assert.equal(answer.status, 403, `${path} ${JSON.stringify(headers)}`);
        assert.equal(answer.headers.get("access-control-allow-origin"), null);
      }
      for (
        const headers of [{ origin: own }, { "sec-fetch-site": "same-origin" }, { "sec-fetch-site": "none" }]
      ) {
        const answer = await server.ask(path, { headers: headers as Record<string, string> });
        assert.equal(answer.status, 200, `${path} ${JSON.stringify(headers)}`);
        await answer.body?.cancel();
      }
    }
  }));

Deno.test("H9: streams are for who was let in, and only so many at once; one whose reader left makes room", () =>
  withLogs(async (logs, session) => {
    await recordSession(logs, { started_at: "2026-01-16T10:00:00.000Z" });
    await using server = await pagesOf(logs);
    for (const path of ["/live", `/runs/${session}/live`]) {
      assert.equal((await server.ask(path, { headers: { cookie: "" } })).status, 401);
      assert.equal((await server.ask(path, { headers: { origin: "http://evil.example" } })).status, 403);
    }
    const swarm = await Promise.all(Array.from({ length: 1000 }, () => server.ask("/live")));
    const open = swarm.filter(({ status }) => status === 200);
    assert.ok(open.length > 0 && open.length < 50, String(open.length));
    assert.ok(swarm.every(({ status }) => status === 200 || status === 503));
    const refused = await server.ask("/live");
    assert.equal(refused.status, 503);
    assert.ok(refused.headers.has("retry-after"));
    await open[0]!.body!.cancel();
    await until(async () => (await server.ask("/live")).status === 200);
    await Promise.all(open.slice(1).map(({ body }) => body!.cancel()));
  }));

Deno.test("H10: half requests by the thousand, endless headers and bodies, and pipelines keep nobody else waiting", () =>
  withLogs(async (logs) => {
    await using server = await servedPagesOf(logs);
    const own = `Host: 127.0.0.1:${server.port}\r\nCookie: ${server.cookie}\r\n`;
    const before = Deno.memoryUsage().rss;
    const half: Deno.Conn[] = [];
    try {
      for (let n = 0; n < 1000; n++) {
        const connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
        half.push(connection);
        await connection.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: 127"));
      }
      assert.equal(await rawStatus(server, "GET / HTTP/1.1", ...own.trim().split("\r\n")), 200);
      const long = `X-Long: ${"a".repeat(2_000_000)}`;
      const refused = await rawStatus(server, "GET / HTTP/1.1", ...own.trim().split("\r\n"), long);
      assert.ok([431, 400, 0].includes(refused), `refused, or cut off while it still wrote: ${refused}`);
      const endless = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
      half.push(endless);
      await endless.write(
        new TextEncoder().encode(`POST / HTTP/1.1\r\n${own}Content-Length: 1000000000\r\n\r\n`),
      );
      const answer = new Uint8Array(32);
      await endless.read(answer);
      assert.match(new TextDecoder().decode(answer), /^HTTP\/1\.1 405/);
      const pipelined = await rawAnswer(
        server.port,
        `GET /absent HTTP/1.1\r\n${own}\r\n`.repeat(199) +
          `GET / HTTP/1.1\r\n${own}Connection: close\r\n\r\n`,
      );
      assert.equal(pipelined.match(/HTTP\/1\.1 404/g)?.length, 199);
      assert.equal(pipelined.match(/HTTP\/1\.1 200/g)?.length, 1);
      assert.ok(Deno.memoryUsage().rss - before < 300e6, "memory stays bounded");
    } finally {
      for (const connection of half) connection.close();
    }
  }));

Deno.test("H11: the port is open on the loopback address alone", () =>
  withLogs(async (logs) => {
    await using server = await servedPagesOf(logs);
    const elsewhere = Deno.networkInterfaces().filter(({ family }) => family === "IPv4").map(({ address }) =>
      address
    )
      .filter((address) => address !== "127.0.0.1");
    for (const hostname of ["127.0.0.2", ...elsewhere]) {
      await assert.rejects(
        Deno.connect({ hostname, port: server.port }),
        Deno.errors.ConnectionRefused,
        hostname,
      );
    }
  }));

Deno.test("/metrics is for who was let in, and for a program that brings the token it was given", () =>
  withLogs(async (logs) => {
    const token = "0123456789abcdef0123456789abcdef";
    await using closed = await pagesOf(logs);
    await using server = await pagesOf(logs, { metricsToken: token });
    const scrape = (from: PagesServer, path: string, authorization: string) =>
      from.ask(path, { headers: { cookie: "", authorization } });
    assert.equal((await scrape(closed, "/metrics", `Bearer ${token}`)).status, 401);
    for (
      const wrong of ["", "Bearer", `Bearer ${token}x`, `Bearer ${token.slice(1)}`, `Basic ${token}`, token]
    ) {
      assert.equal((await scrape(server, "/metrics", wrong)).status, 401, wrong);
    }
    assert.equal((await scrape(server, "/", `Bearer ${token}`)).status, 401, "for the metrics alone");
    const answer = await scrape(server, "/metrics", `Bearer ${token}`);
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get("content-type")!, /^text\/plain; version=0\.0\.4/);
    assert.match(await answer.text(), /^osiris_\w+\{.*pipeline="sales".*\} /m);
  }));

/** Every file of a folder, with its size and when it changed. */
function picture(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory) return picture(path);
    const { size, mtime } = Deno.lstatSync(path);
    return [`${path} ${size} ${mtime?.getTime()}`];
  }).sort();
}

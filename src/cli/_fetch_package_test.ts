import assert from "node:assert/strict";
import { OsirisError } from "../diagnostic.ts";
import { fetchPackage } from "./_fetch_package.ts";

/** A server of this machine; gives the failure of fetching `path` from it. */
async function asked(
  handler: (request: Request) => Response | Promise<Response>,
  ask: (port: number) => Promise<void>,
): Promise<void> {
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, handler);
  await ask(server.addr.port);
}

async function failure(fetching: Promise<unknown>): Promise<OsirisError> {
  const error = await fetching.then(() => undefined, (error) => error);
  assert.ok(error instanceof OsirisError, `it was taken, or died of ${error}`);
  return error;
}

const NEVER = new AbortController().signal;

Deno.test("fetchPackage gives the very bytes, whatever they are called, and an address without what may be secret", () =>
  asked(
    (request) => {
      const { pathname, search } = new URL(request.url);
      const said = [
        pathname,
        search,
        request.headers.get("authorization"),
        request.headers.get("accept-encoding"),
      ];
      return new Response(said.join(" "), { headers: { "content-type": "text/html" } });
    },
    async (port) => {
      const { bytes, shown } = await fetchPackage(
        `http://us:pa%20ss@127.0.0.1:${port}/a/b.tgz?token=hush#x`,
        NEVER,
      );
      assert.equal(
        new TextDecoder().decode(bytes),
        `/a/b.tgz ?token=hush Basic ${btoa("us:pa ss")} identity`,
      );
      assert.equal(shown, `http://127.0.0.1:${port}/a/b.tgz`);
    },
  ));

Deno.test("fetchPackage follows no redirect, and says where it leads", async () => {
  for (const status of [301, 302, 303, 307, 308]) {
    let requests = 0;
    await asked(
      () => {
        requests++;
        return new Response(null, {
          status,
          headers: { location: "https://us:hush@elsewhere.example/x.tgz?sig=hush" },
        });
      },
      async (port) => {
        const { message, code, category } = await failure(
          fetchPackage(`http://127.0.0.1:${port}/x.tgz`, NEVER),
        );
        assert.deepEqual([code, category, requests], ["DRV412", "usage", 1]);
        assert.match(message, /redirects to 'https:\/\/elsewhere\.example\/x\.tgz\?…'/);
        assert.doesNotMatch(message, /hush/);
      },
    );
  }
});

Deno.test("fetchPackage says where a redirect to what is no server leads", () =>
  asked(
    () => new Response(null, { status: 302, headers: { location: "file:///etc/passwd" } }),
    async (port) => {
      const { message } = await failure(fetchPackage(`http://127.0.0.1:${port}/x.tgz`, NEVER));
      assert.match(message, /redirects to 'file:\/\/\/etc\/passwd'/);
    },
  ));

Deno.test("fetchPackage stops reading what is larger than a package may be", () => {
  let sent = 0;
  const endless = () =>
    new ReadableStream({
      pull(controller) {
        sent += 1_000_000;
        controller.enqueue(new Uint8Array(1_000_000));
      },
    });
  return asked(() => new Response(endless()), async (port) => {
    const { message, code } = await failure(fetchPackage(`http://127.0.0.1:${port}/x.tgz`, NEVER));
    assert.equal(code, "DRV412");
    assert.match(message, /larger than 5000000 bytes/);
    assert.ok(sent < 100_000_000, `${sent} bytes were asked for`);
  });
});

Deno.test("fetchPackage waits for no server that never finishes", () =>
  asked(
    () => new Response(new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(10)) })),
    async (port) => {
      const { message, category } = await failure(fetchPackage(`http://127.0.0.1:${port}/x.tgz`, NEVER, 200));
      assert.equal(category, "connection");
      assert.match(message, /took longer than 0\.2 seconds/);
    },
  ));

Deno.test("fetchPackage ends when it is interrupted", () => {
  const interruption = new AbortController();
  return asked(
    () => {
      interruption.abort();
      return new Promise<Response>((resolve) => setTimeout(() => resolve(new Response("late")), 300));
    },
    async (port) => {
      const { category } = await failure(fetchPackage(`http://127.0.0.1:${port}/x.tgz`, interruption.signal));
      assert.equal(category, "interrupted");
    },
  );
});

Deno.test("fetchPackage says what the server answered, and repeats no secret", () =>
  asked(() => new Response("no", { status: 404 }), async (port) => {
    const { message, category } = await failure(
      fetchPackage(`http://us:hush@127.0.0.1:${port}/x.tgz?t=hush`, NEVER),
    );
    assert.equal(category, "connection");
    assert.equal(message, `Cannot fetch 'http://127.0.0.1:${port}/x.tgz': the server answered 404 Not Found`);
  }));

Deno.test("fetchPackage says why a server cannot be reached, and repeats no secret", async () => {
  const { message, category } = await failure(fetchPackage("http://us:hush@127.0.0.1:2/x.tgz?t=hush", NEVER));
  assert.equal(category, "connection");
  assert.match(message, /refused/i);
  assert.doesNotMatch(message, /hush/);
});

for (
  const address of [
    "http://example.org/x.tgz",
    "http://127.0.0.1.example.org/x.tgz",
    "http://localhost.example.org/x.tgz",
    "http://127.0.0.1@example.org/x.tgz",
    "http://0.0.0.0/x.tgz",
    "ftp://127.0.0.1/x.tgz",
    "file:///etc/passwd",
    "data:text/plain,x",
    "https://",
  ]
) {
  Deno.test(`fetchPackage asks no one for ${address}`, async () => {
    const { code, category } = await failure(fetchPackage(address, NEVER));
    assert.deepEqual([code, category], ["CLI804", "usage"]);
  });
}

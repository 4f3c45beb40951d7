/**
 * What http.extractor and graphql.extractor make of servers in trouble: a result is whole or the step fails; the error
 * has a category, a step and what to do; no login leaves its host, and no secret gets into a file.
 *
 * @module
 */

import { Api, type Asked, CLOSED, RawServer } from "./_api.ts";
import { connectionText, TestProject } from "./_project.ts";
import { assertTold, type Told } from "./_trouble.ts";

const TOKEN = "tok-5ecret-canary";

/** A server, and where it says it is. */
type Trouble = () =>
  | Promise<{ readonly url: string } & AsyncDisposable>
  | ({ readonly url: string } & AsyncDisposable);

/** Rows of a first page, in the form of either component. */
function page({ path }: Asked): Response {
  const orders = { nodes: [{ id: 1 }], pageInfo: { hasNextPage: true, endCursor: "a" } };
  return path === "/graphql"
    ? Response.json({ data: { orders } })
    : Response.json([{ id: 1 }], { headers: { link: '</items?page=2>; rel="next"' } });
}

const api = (answer: ConstructorParameters<typeof Api>[0]): Trouble => () => new Api(answer);
const raw = (answer?: string, scheme = "http:"): Trouble => () => {
  const server = new RawServer(answer);
  return {
    url: server.url.replace("http:", scheme),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
};

const none = (url: string): Trouble => () => ({ url, async [Symbol.asyncDispose]() {} });

/** Leads to another host, which must not be asked. */
function redirecting() {
  const other = new Api(() => Response.json([]));
  const server = new Api(() =>
    new Response(null, { status: 307, headers: { location: `${other.url}/items` } })
  );
  return {
    url: server.url,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await other[Symbol.asyncDispose]();
      if (other.asked.length > 0) throw new Error("the other host was asked");
    },
  };
}

async function bomb(): Promise<Api> {
  const plain = new Blob(["[", '{"a": 1},'.repeat(300_000), "1]"]).stream();
  const packed = await new Response(plain.pipeThrough(new CompressionStream("gzip"))).bytes();
  return new Api(() =>
    new Response(packed, { headers: { "content-encoding": "gzip", "content-type": "application/json" } })
  );
}

const JSON_HEAD = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
const lost = { trouble: "network", category: "connection", retryable: true } as const;

const TROUBLES: readonly (readonly [string, Trouble, Told])[] = [
  ["refuses the login", api(() => new Response(`who is ${TOKEN}?`, { status: 401 })), {
    ...{ trouble: "auth", category: "connection", retryable: false },
    says: /status 401: .*who is \*\*\*\?/,
    help: /check .*token/,
  }],
  ["forbids to read", api(() => new Response("no", { status: 403 })), {
    ...{ trouble: "permission", category: "permission", retryable: false },
    says: /status 403/,
    help: /ask for the right/,
  }],
  ["has nothing there", api(() => new Response("no", { status: 404 })), {
    ...{ trouble: "config", category: "run", retryable: false },
    says: /status 404: there is nothing/,
    help: /check path and base_url/,
  }],
  ["refuses connections", none(CLOSED), {
    ...lost,
    says: /was refused/,
    help: /whether the server runs/,
  }],
  ["has no address", none("http://no-such-host.invalid"), {
    ...lost,
    retryable: false,
    says: /cannot be resolved/,
    help: /check the host/,
  }],
  ["is silent", raw(), {
    ...{ trouble: "timeout", category: "connection", retryable: true },
    says: /silent for 0\.5 s/,
    help: /timeout_s/,
  }],
  ["speaks no TLS", raw("HTTP/1.1 200 OK\r\n\r\n", "https:"), {
    ...{ ...lost, retryable: false },
    says: /TLS failed/,
    help: /certificate/,
  }],
  ["hangs up in the middle", raw(`${JSON_HEAD}content-length: 100\r\n\r\n[{"id": 1},`), {
    ...lost,
    says: /cut before the answer was whole/,
    help: /try again/,
  }],
  ["ends its JSON too early", api(() => new Response('[{"id": 1},')), {
    ...lost,
    says: /broken JSON/,
    help: /try again/,
  }],
  [
    "has gone at the second page",
    api((asked, time) => time === 0 ? page(asked) : new Response("", { status: 410 })),
    {
      ...{ trouble: "config", category: "run", retryable: false },
      says: /status 410/,
      help: /check path/,
    },
  ],
  ["sends a gzip bomb", bomb, {
    ...{ trouble: "limit", category: "run", retryable: false },
    says: /larger than 1 MB, unpacked/,
    help: /max_answer_mb/,
  }],
  [
    "answers every request with 429",
    api(() => new Response("later", { status: 429, headers: { "retry-after": "0" } })),
    {
      ...{ trouble: "limit", category: "run", retryable: true },
      says: /status 429: the server was asked too often/,
      help: /requests_per_second/,
    },
  ],
  ["redirects to another host", redirecting, {
    ...{ trouble: "config", category: "run", retryable: false },
    says: /redirects to another host/,
    help: /set base_url/,
  }],
];

const ASKING = { max_answer_mb: 1, retries: 2, retry_for_s: 5 };
const CONFIGS = {
  "http.extractor": { ...ASKING, path: "items", pagination: "link" },
  "graphql.extractor": {
    ...ASKING,
    query: "query ($after: String) { orders { nodes { id } pageInfo { hasNextPage endCursor } } }",
    records: "orders.nodes",
    page_info: "orders.pageInfo",
    path: "graphql",
  },
};

for (const [component, config] of Object.entries(CONFIGS)) {
  for (const [what, trouble, told] of TROUBLES) {
    Deno.test(`${component} says what is wrong with a server that ${what}`, async () => {
      await using server = await trouble();
      const alias = {
        base_url: server.url,
        auth: "bearer",
        token: "${TOKEN}",
        timeout_s: told.trouble === "timeout" ? 0.5 : 30,
      };
      await using project = await TestProject.create({
        ".env": `TOKEN=${TOKEN}\n`,
        "osiris_connections.yaml": connectionText("http", alias, "api"),
        "pipeline.oml": JSON.stringify({
          oml_version: "0.1.0",
          name: "api",
          steps: [
            { id: "get", component, mode: "read", config },
            { id: "save", component: "filesystem.json_writer", mode: "write", config: { path: "rows.json" } },
          ],
        }),
      });
      await assertTold(project, "get", told, TOKEN);
    });
  }
}

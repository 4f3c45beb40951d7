import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { join } from "node:path";
import { environmentOf, parseConnections } from "../connection/mod.ts";
import { OsirisError } from "../diagnostic.ts";
import type { ManifestHook } from "../manifest.ts";
import {
  createSession,
  newSessionId,
  readSession,
  type SessionRecord,
  type SessionWriter,
} from "../session/mod.ts";
import { MailServer } from "./_mail_server_for_tests.ts";
import { accompany, demandAllowed, type HookSurroundings, type HookTools, openHooks } from "./mod.ts";

const SECRET = "canary-4711";
const CONNECTIONS = `version: 1
connections:
  webhook:
    team: { url: "\${HOOK_URL}", secret: "\${HOOK_SECRET}", headers: { X-Team: data } }
  smtp:
    strict: { host: 127.0.0.1, port: "\${SMTP_PORT:-25}", from: osiris@example.com }
    office: { host: 127.0.0.1, port: "\${SMTP_PORT:-25}", from: osiris@example.com, tls: none }
`;

Deno.test("a webhook posts the event, signed, and tries again what is busy", async () => {
  await using place = new Place();
  const busy = [new Response("", { status: 503, headers: { "retry-after": "0" } })];
  const got: { headers: Headers; body: string }[] = [];
  place.tools.fetch = async (...sent) => {
    const request = requestOf(sent);
    got.push({ headers: request.headers, body: await request.text() });
    return busy.shift() ?? new Response("ok");
  };
  const config = { connection: "@webhook.team" };
  const record = await place.run([hook("tell", "webhook", config, { timeout_ms: 60_000 })], start);
  assert.deepEqual(outcomes(record), ["hook.start tell", "hook.complete tell"]);
  assert.equal(got.length, 2);
  const [first, { headers, body }] = got as [typeof got[0], typeof got[0]];
  assert.equal(first.headers.get("osiris-delivery"), headers.get("osiris-delivery"));
  assert.equal(headers.get("x-team"), "data");
  const [, time, signature] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(headers.get("osiris-signature")!)!;
  assert.equal(signature, createHmac("sha256", SECRET).update(`${time}.${body}`).digest("hex"));
  const sent = JSON.parse(body);
  assert.deepEqual([sent.hook, sent.event.event_type, sent.run.pipeline], ["tell", "run.start", "sales"]);
});

Deno.test("a hook that fails is recorded and changes nothing, unless it is critical", async () => {
  for (const priority of ["high", "critical"] as const) {
    await using place = new Place();
    place.tools.fetch = () => Promise.resolve(new Response(SECRET, { status: 403 }));
    const record = await place.run(
      [hook("tell", "webhook", { connection: "@webhook.team" }, { priority }), hook("say", "alert", {})],
      start,
    );
    const say = ["hook.start say", "hook.complete say"];
    assert.deepEqual(outcomes(record), ["hook.start tell", "hook.error tell", ...say]);
    const failure = record.events.find(({ event_type }) => event_type === "hook.error")!;
    assert.match(
      JSON.stringify(failure),
      /Cannot post the event to hooks\.example:443: it answers 403 to run\.start/,
    );
    assert.equal(place.objection?.code, priority === "critical" ? "HKS850" : undefined);
    assert.ok(!JSON.stringify(record).includes(SECRET));
  }
});

Deno.test("a hook has a time limit", async () => {
  await using place = new Place();
  place.tools.start = (_, { signal }) =>
    new Promise((resolve) => signal.addEventListener("abort", () => resolve(0)));
  const record = await place.run([hook("slow", "command", { command: ["wait"] }, { timeout_ms: 1 })], start);
  assert.deepEqual(outcomes(record), ["hook.start slow", "hook.error slow"]);
  assert.match(JSON.stringify(record.events), /"HKS851".*took more than 1 ms/);
});

Deno.test("hooks of an event begin by priority, and an async one holds up none", async () => {
  await using place = new Place();
  const order: string[] = [];
  const gate = Promise.withResolvers<number>();
  place.tools.start = ([name]) => {
    order.push(name!);
    if (name === "last") gate.resolve(0);
    return name === "held" ? gate.promise : Promise.resolve(0);
  };
  const command = (name: string, priority: ManifestHook["priority"], mode: ManifestHook["mode"] = "sync") =>
    hook(name, "command", { command: [name] }, { priority, mode });
  const hooks = [
    command("last", "low"),
    command("held", "high", "async"),
    command("first", "critical"),
    command("mid", "medium"),
  ];
  const record = await place.run(hooks, start);
  assert.deepEqual(order, ["first", "held", "mid", "last"]);
  assert.deepEqual(outcomes(record).filter((text) => text.includes("held")), [
    "hook.start held",
    "hook.complete held",
  ]);
});

Deno.test("hooks are told in order, of as much as can wait, and what was too much is said", async () => {
  await using place = new Place();
  const seen: string[] = [];
  place.tools.warn = (text) => void seen.push(text);
  const record = await place.run(
    [hook("say", "alert", { message: "{step}" }, { on: ["driver.log"] })],
    (session) => {
      for (let i = 0; i < 1003; i++) {
        session.event("driver.log", {
          step_id: `s${i}`,
          level: "info",
          text: "x",
        });
      }
    },
  );
  assert.deepEqual(seen, Array.from({ length: 1000 }, (_, i) => `s${i}`));
  const errors = record.events.filter(({ event_type }) => event_type === "hook.error");
  assert.equal(errors.length, 1);
  assert.match(JSON.stringify(errors), /3 events were more than could wait/);
});

Deno.test("file, summary, metrics_export and log_rotation leave what they are for", async () => {
  await using place = new Place();
  await place.run([], () => {});
  const on = ["run.complete"];
  const record = await place.run(
    [
      hook("keep", "file", { path: "out/events.jsonl" }, { on: ["run.start", "run.complete"] }),
      hook("sum", "summary", { path: "out/summary.md" }, { on }),
      hook("met", "metrics_export", { path: "out/osiris.prom" }, { on }),
      hook("json", "metrics_export", { path: "out/osiris.json", format: "json" }, { on }),
      hook("rotate", "log_rotation", { keep: 1 }, { on }),
    ],
    (session) => {
      start(session);
      session.status((status) => ({ ...status, state: "succeeded" }));
      session.event("run.complete", { duration_ms: 5, exit_code: 0, lost: 0 });
    },
  );
  assert.deepEqual(outcomes(record).filter((text) => text.startsWith("hook.error")), []);
  const text = (name: string) => Deno.readTextFileSync(join(place.root, "out", name));
  const kept = text("events.jsonl").trimEnd().split("\n").map((line) => JSON.parse(line).event.event_type);
  assert.deepEqual(kept, ["run.start", "run.complete"]);
  assert.match(text("summary.md"), /sales/);
  assert.match(text("osiris.prom"), /^osiris_run_success\{pipeline="sales"\} 1$/m);
  assert.equal(JSON.parse(text("osiris.json")).runs[0].session_id, record.id);
  assert.deepEqual([...Deno.readDirSync(join(place.root, "logs"))].map(({ name }) => name), [record.id]);
  assert.equal(place.forgotten.length, 1);
});

Deno.test("messages for Slack and Teams take no value as markup", async () => {
  const evil = "<!channel> *bold* [link](http://x) <http://x|y> &amp;";
  for (const template of ["slack", "teams"]) {
    await using place = new Place();
    let body = "";
    place.tools.fetch = async (...sent) => {
      body = await requestOf(sent).text();
      return new Response();
    };
    const config = { url: "https://hooks.example/x", template };
    await place.run([hook("tell", "webhook", config, { on: ["execution.step.error"] })], (session) => {
      const error = { code: "DRV401", category: "run", message: evil, retryable: false } as const;
      session.event("execution.step.error", { step_id: "load", error });
    });
    const said = `Step load of pipeline sales failed: ${evil}`;
    const message = JSON.parse(body);
    if (template === "slack") {
      assert.ok(!/[<>]/.test(message.text));
      assert.deepEqual(message.blocks[0].text, { type: "plain_text", text: said, emoji: false });
    } else {
      const [first] = message.attachments[0].content.body;
      assert.deepEqual([first.type, first.inlines[0].type, first.inlines[0].text], [
        "RichTextBlock",
        "TextRun",
        said,
      ]);
    }
  }
});

Deno.test("email goes through the connection's server, without a line that a value adds", async () => {
  await using place = new Place();
  using server = await MailServer.start();
  place.variables["SMTP_PORT"] = String(server.port);
  const config = {
    connection: "@smtp.office",
    to: ["team@example.com"],
    subject: "{error}\r\nBcc: evil@example.com",
  };
  const record = await place.run(
    [hook("mail", "email", config, { on: ["run.error"], timeout_ms: 60_000 })],
    (session) => {
      const error = {
        code: "DRV401",
        category: "run",
        message: "gone\nBcc: evil@example.com",
        retryable: false,
      } as const;
      session.event("run.error", { error, duration_ms: 1, exit_code: 1, lost: 0 });
    },
  );
  assert.deepEqual(outcomes(record), ["hook.start mail", "hook.complete mail"]);
  assert.deepEqual(server.recipients, ["<team@example.com>"]);
  assert.match(server.message, /^From: osiris@example\.com\r$/m);
  assert.match(server.message, /^Pipeline sales failed: gone/m);
  assert.ok(!/^Bcc:/im.test(server.message.split("\r\n\r\n")[0]!));
});

Deno.test("email goes to no server without TLS unless the connection says so", async () => {
  await using place = new Place();
  using server = await MailServer.start();
  place.variables["SMTP_PORT"] = String(server.port);
  const config = { connection: "@smtp.strict", to: ["team@example.com"] };
  const record = await place.run([hook("mail", "email", config, { timeout_ms: 60_000 })], start);
  assert.deepEqual(outcomes(record), ["hook.start mail", "hook.error mail"]);
  assert.deepEqual([server.recipients, server.message], [[], ""]);
});

Deno.test("openHooks refuses places outside of the project and those of Osiris itself", async () => {
  await using place = new Place();
  await Deno.symlink("/tmp", join(place.root, "away"));
  await Deno.mkdir(join(place.root, "logs"));
  await Deno.symlink("logs", join(place.root, "again"));
  for (
    const path of ["../x", "/etc/x", "away/x", "osiris.yaml", ".env", "logs/x", "again/x", "a/../../x", ""]
  ) {
    assert.throws(
      () => place.open([hook("keep", "file", { path })]),
      fails("HKS853", /^Cannot set hook 'keep' up: /),
      path,
    );
  }
  assert.deepEqual(place.open([hook("keep", "file", { path: "out/x" })])[0]!.touches.files, [
    join(place.root, "out/x"),
  ]);
});

Deno.test("openHooks says what a hook reaches, and refuses what cannot be", async () => {
  await using place = new Place();
  const [tell] = place.open([hook("tell", "webhook", { connection: "@webhook.team" })]);
  assert.deepEqual(tell!.touches.hosts, ["hooks.example:443"]);
  const refused: [ManifestHook["action"], ManifestHook["config"], string][] = [
    ["webhook", { connection: "@webhook.tem" }, "CON301"],
    ["webhook", { url: "ftp://x" }, "HKS853"],
    ["webhook", { url: 3 }, "HKS853"],
    ["webhook", { url: "http://h", attempts: 0 }, "HKS853"],
    ["email", { connection: "@smtp.office" }, "HKS853"],
    ["command", { command: "ls" }, "HKS853"],
    ["log_rotation", {}, "HKS853"],
  ];
  for (const [action, config, code] of refused) {
    assert.throws(() => place.open([hook("h", action, config)]), fails(code, /./), JSON.stringify(config));
  }
});

Deno.test("demandAllowed refuses a program that the project does not list", async () => {
  await using place = new Place();
  demandAllowed(place.open([hook("a", "command", { command: ["wait", "x"] })]));
  const open = place.open([hook("a", "command", { command: ["sh", "-c", "wait"] })]);
  assert.throws(() => demandAllowed(open), fails("HKS852", /hook 'a' starts 'sh'/));
});

function requestOf(sent: Parameters<typeof fetch>): Request {
  return new Request(...sent as ConstructorParameters<typeof Request>);
}

function start(session: SessionWriter): void {
  session.event("run.start", { pipeline: "sales", fingerprint: "sha256:0", profile: null, steps: 1 });
}

function hook(
  name: string,
  action: ManifestHook["action"],
  config: ManifestHook["config"],
  changes: Partial<ManifestHook> = {},
): ManifestHook {
  return {
    name,
    on: ["run.start"],
    priority: "medium",
    mode: "sync",
    timeout_ms: 10_000,
    action,
    config,
    ...changes,
  };
}

/** What the record says of hooks, in its order. */
function outcomes(record: SessionRecord): string[] {
  return record.events.filter(({ event_type }) => event_type.startsWith("hook."))
    .map(({ event_type, data }) => `${event_type} ${(data as { hook: string }).hook}`);
}

function fails(code: string, words: RegExp): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof OsirisError);
    assert.deepEqual([error.code, words.test(error.message)], [code, true], error.message);
    return true;
  };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A project for one test, with tools that do nothing unless they are replaced. */
class Place implements AsyncDisposable {
  readonly root: string = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "osiris-hook-" }));
  readonly forgotten: string[] = [];
  readonly variables: Record<string, string> = { HOOK_URL: "https://hooks.example/t/x", HOOK_SECRET: SECRET };
  readonly tools: Mutable<HookTools> = {
    start: () => Promise.resolve(0),
    warn: () => {},
    forget: (session) => (this.forgotten.push(session), Promise.resolve()),
  };
  objection: Awaited<ReturnType<ReturnType<typeof accompany>["settled"]>>;

  open(hooks: readonly ManifestHook[]) {
    const env = environmentOf(this.variables);
    const surroundings: HookSurroundings = {
      root: this.root,
      logs: join(this.root, "logs"),
      own: ["osiris.yaml", ".env", "logs"],
      connections: parseConnections(CONNECTIONS, "osiris_connections.yaml", env).value!,
      env,
      allowedCommands: ["wait"],
    };
    return openHooks(hooks, surroundings);
  }

  /** A run with these hooks, in which `tell` happens. */
  async run(hooks: readonly ManifestHook[], tell: (session: SessionWriter) => void): Promise<SessionRecord> {
    const id = newSessionId(new Date("2026-01-15T10:00:00Z"), Math.random);
    const status = {
      session_id: id,
      pipeline: "sales",
      fingerprint: "sha256:0",
      profile: null,
      state: "running" as const,
      started_at: new Date().toISOString(),
      steps: [],
    };
    const options = { root: join(this.root, "logs"), id, manifest: "", plan: {}, status };
    const session = await createSession(options);
    const { pipeline, profile, fingerprint } = status;
    const run = accompany(
      session,
      this.open(hooks),
      { session_id: id, pipeline, profile, fingerprint },
      this.tools,
    );
    tell(session);
    this.objection = await run.settled(new AbortController().signal);
    session.status((known) => ({ ...known, state: "succeeded" }));
    await session.close();
    return await readSession(session.folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.root, { recursive: true });
  }
}

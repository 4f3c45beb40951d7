import assert from "node:assert/strict";
import { join } from "node:path";
import { begin, withRoot } from "./_fixture_for_tests.ts";
import { followEvents, type SessionEvent, type SessionWriter } from "./mod.ts";

function tell(session: SessionWriter, n: number): void {
  session.event("driver.event", { step_id: "load", name: "n", data: { n, text: "→".repeat(n) } });
}

const numberOf = (event: SessionEvent) => event.event_type === "driver.event" ? event.data.data.n : undefined;

Deno.test("followEvents tells what was and what comes, once and in order, and ends with the run", () =>
  withRoot(async (root) => {
    const session = await begin(root);
    tell(session, 0);
    const heard: unknown[] = [];
    const following = (async () => {
      for await (const event of followEvents(session.folder, new AbortController().signal)) {
        heard.push(numberOf(event));
        if (heard.length === 1) { for (let n = 1; n < 3000; n++) tell(session, n % 40 === 0 ? n : n % 40); }
        if (heard.length === 3000) {
          tell(session, -0);
          session.status((s) => ({ ...s, state: "succeeded" }));
        }
      }
    })();
    await following;
    await session.close();
    assert.equal(heard.length, 3001);
    assert.deepEqual(heard.slice(0, 42), [...Array(40).keys(), 40, 1]);
  }));

Deno.test("followEvents waits for the rest of a line", () =>
  withRoot(async (root) => {
    const session = await begin(root);
    tell(session, 1);
    const path = join(session.folder, "events.jsonl");
    const line = Deno.readTextFileSync(path);
    const events = followEvents(session.folder, new AbortController().signal);
    assert.equal(numberOf((await events.next()).value!), 1);
    Deno.writeTextFileSync(path, line.slice(0, 50), { append: true });
    const next = events.next();
    await new Promise((resolve) => setTimeout(resolve, 250));
    Deno.writeTextFileSync(path, line.slice(50), { append: true });
    assert.equal(numberOf((await next).value!), 1);
    await events.return();
    await session.close();
  }));

Deno.test("followEvents of a run that died tells all and ends, without its torn tail", () =>
  withRoot(async (root) => {
    const session = await begin(root);
    for (let n = 0; n < 3; n++) tell(session, n);
    await session.close();
    const path = join(session.folder, "events.jsonl");
    const text = Deno.readTextFileSync(path);
    for (const [tail, count] of [[text.slice(0, 40), 3], [text.split("\n")[0]!, 4], ["\0\0", 3]] as const) {
      Deno.writeTextFileSync(path, text + tail);
      const heard = await Array.fromAsync(followEvents(session.folder, new AbortController().signal));
      assert.equal(heard.length, count);
    }
  }));

Deno.test("followEvents stops when told to", () =>
  withRoot(async (root) => {
    await using session = await begin(root);
    tell(session, 0);
    const controller = new AbortController();
    const heard: SessionEvent[] = [];
    for await (const event of followEvents(session.folder, controller.signal)) {
      heard.push(event);
      setTimeout(() => controller.abort(), 10);
    }
    assert.equal(heard.length, 1);
  }));

Deno.test("followEvents waits for a file of events that is not there yet, and not for that of a run that ended", () =>
  withRoot(async (root) => {
    await using session = await begin(root);
    tell(session, 7);
    const path = join(session.folder, "events.jsonl");
    const text = Deno.readTextFileSync(path);
    Deno.removeSync(path);
    const events = followEvents(session.folder, new AbortController().signal);
    const first = events.next();
    Deno.writeTextFileSync(path, text);
    assert.equal(numberOf((await first).value!), 7);
    await events.return();
    Deno.removeSync(path);
    session.status((s) => ({ ...s, state: "succeeded" }));
    assert.deepEqual(await Array.fromAsync(followEvents(session.folder, new AbortController().signal)), []);
  }));

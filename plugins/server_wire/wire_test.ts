import assert from "node:assert/strict";
import { Wire } from "./wire.ts";

const HOST = "127.0.0.1";
const SIZE = 4_000_000;

/** Bytes that tell where they stand. */
const SENT = new Uint8Array(Uint32Array.from({ length: SIZE / 4 }, (_, i) => i).buffer);

/** A server that does this with its one guest. */
function serve(talk: (guest: Deno.Conn) => Promise<void>): { port: number; over: Promise<void> } {
  const listener = Deno.listen({ hostname: HOST, port: 0 });
  const over = (async () => {
    using guest = await listener.accept();
    listener.close();
    await talk(guest);
  })();
  return { port: listener.addr.port, over };
}

async function send(guest: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.byteLength;) at += await guest.write(bytes.subarray(at));
}

async function received(wire: Wire, slowly: boolean): Promise<Uint8Array> {
  const all = new Uint8Array(SIZE);
  let at = 0;
  wire.on("data", (bytes: Uint8Array) => {
    all.set(bytes, at);
    at += bytes.byteLength;
    if (!slowly) return;
    wire.pause();
    setTimeout(() => wire.resume(), at % 3);
  });
  await new Promise((resolve, reject) => wire.once("close", resolve).once("error", reject));
  return all.subarray(0, at);
}

for (const slowly of [false, true]) {
  Deno.test(`Wire loses no byte of what comes in small pieces to a ${slowly ? "slow" : "quick"} reader`, async () => {
    const { port, over } = serve(async (guest) => {
      for (let at = 0, length = 1; at < SIZE; at += length, length = length * 7 % 30_011) {
        await send(guest, SENT.subarray(at, at + length));
      }
    });
    const begun = performance.now();
    const wire = new Wire({ host: HOST, port }, "off").connect();
    assert.deepEqual(await received(wire, slowly), SENT);
    assert.ok(wire.movedAt >= begun && wire.movedAt <= performance.now());
    await over;
  });
}

Deno.test("Wire sends what was written before it was connected", async () => {
  const came: number[] = [];
  const { port, over } = serve(async (guest) => {
    const room = new Uint8Array(100);
    while (came.length < 4) came.push(...room.subarray(0, await guest.read(room) ?? 0));
  });
  const wire = new Wire({ host: HOST, port }, "off");
  wire.write(SENT.subarray(0, 4));
  const connected = new Promise((resolve) => wire.once("connect", resolve));
  wire.connect();
  await Promise.all([connected, over]);
  assert.deepEqual(came, [...SENT.subarray(0, 4)]);
  await received(wire, false); // the server has hung up
});

Deno.test("Wire fails where nobody listens, and leaves when it is destroyed meanwhile", async () => {
  using listener = Deno.listen({ hostname: HOST, port: 0 });
  const { port } = listener.addr;
  const left = new Wire({ host: HOST, port }, "off").connect();
  left.destroy();
  using guest = await listener.accept();
  assert.equal(await guest.read(new Uint8Array(1)), null);
  const refused = new Wire({ host: HOST, port: 1 }, "off").connect();
  await assert.rejects(received(refused, false), /refused/);
});

Deno.test("Wire reads a greeting to its end, in however many pieces it comes, before it turns to TLS", async () => {
  const begun = Promise.withResolvers<void>();
  const { port, over } = serve(async (guest) => {
    await send(guest, SENT.subarray(0, 4));
    await begun.promise;
    await send(guest, SENT.subarray(4, 8));
  });
  const wire = new Wire({ host: HOST, port }, "verify").connect();
  wire.once("data", () => begun.resolve());
  assert.deepEqual(await received(wire, false), SENT.subarray(0, 8));
  await over;
});

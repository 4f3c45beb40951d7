/**
 * Posts an event. With a secret, who receives it can tell that it comes from here and is not an old one: the header
 * `osiris-signature` is `t=SECONDS,v1=HEX`, the HMAC-SHA256 of the time, a point and the body.
 *
 * @module
 */

import { createHmac } from "node:crypto";
import { type ConnectionNeed, resolveConnection } from "../connection/mod.ts";
import { numberIn, textIn } from "./_config.ts";
import { bodyFor } from "./_messages.ts";
import { type Config, failed, type HookSurroundings, type Opened, type Told, unusable } from "./_opened.ts";

/** The connections of family webhook. */
const CONNECTION: ConnectionNeed = {
  family: "webhook",
  required: ["url"],
  fields: {
    url: { type: "string", secret: true },
    secret: { type: "string", secret: true },
    headers: { type: "object", secret: true },
  },
};

const ATTEMPTS = 3;

/** Posts events to the address of a connection, or one that is no secret. */
export function openWebhook(config: Config, { connections, env }: HookSurroundings): Opened {
  const ref = textIn(config, "connection");
  const { values, secrets } = ref === undefined
    ? { values: { url: textIn(config, "url") }, secrets: [] }
    : resolveConnection(connections, env, { ref, inline: {}, spec: CONNECTION });
  const { url, secret, headers = {} } = values as { url?: string; secret?: string; headers?: object };
  const host = hostOf(url, ref);
  const given = headersOf(headers);
  const template = textIn(config, "template") ?? "json";
  const attempts = numberIn(config, "attempts") ?? ATTEMPTS;
  return {
    touches: { hosts: [host] },
    secrets,
    async act(told, { fetch }) {
      const { postJson } = await import("../report/mod.ts");
      const body = bodyFor(template, told);
      const posted = await postJson({
        what: told.event.event_type,
        url: url!,
        body,
        headers: { ...given, ...headersFor(told, body, secret) },
        timeoutMs: LONGEST_MS,
      }, { signal: told.signal, attempts, ...(fetch === undefined ? {} : { fetch }) });
      if (posted.taken) return;
      const help = "see that the receiver is there and takes this; the event is in the run's record";
      throw failed(`Cannot post the event to ${host}: ${posted.reason}`, help, true);
    },
  };
}

/** The hook's own time limit ends an attempt before this one. */
const LONGEST_MS = 2 ** 31 - 1;

function headersFor(
  { delivery }: Told,
  body: string,
  secret: string | undefined,
): { [name: string]: string } {
  const seconds = Math.floor(Date.now() / 1000);
  const signature = secret && createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex");
  return {
    "user-agent": "osiris",
    "osiris-delivery": delivery,
    ...(signature ? { "osiris-signature": `t=${seconds},v1=${signature}` } : {}),
  };
}

/** The host that is reached. The address itself may be a secret. */
function hostOf(url: string | undefined, ref: string | undefined): string {
  const read = url !== undefined && URL.canParse(url) ? new URL(url) : undefined;
  const from = ref === undefined ? "'url'" : `'url' of ${ref}`;
  if (read === undefined || !/^https?:$/.test(read.protocol)) {
    throw unusable(`${from} is no address`, "give one such as https://example.com/hooks");
  }
  if (read.username !== "" || read.password !== "") {
    throw unusable(`${from} holds a user or password`, "give them as 'headers' of the connection");
  }
  return `${read.hostname}:${read.port || (read.protocol === "https:" ? "443" : "80")}`;
}

function headersOf(headers: object): { readonly [name: string]: string } {
  const pairs = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)] as const);
  const wrong = pairs.find(([name, value]) =>
    !/^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(name) || !/^[\t\x20-\x7e]*$/.test(value)
  );
  if (wrong !== undefined) {
    throw unusable("'headers' of the connection has one that HTTP does not take", "correct it");
  }
  return Object.fromEntries(pairs);
}

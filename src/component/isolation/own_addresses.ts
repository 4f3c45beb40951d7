/**
 * A granted name must not lead to this machine: a stranger's driver that may reach `api.example.com` is not
 * meant to reach what listens here because somebody's name server says that they are the same.
 *
 * Names are looked up when the driver starts. What a name server answers later is not seen: that a driver
 * reaches its granted port, and no other, on whatever its granted name means is all that holds then.
 *
 * @module
 */

import { BlockList, isIP } from "node:net";
import { OsirisError } from "../../diagnostic.ts";

/** How long a name server is waited for. One that does not answer tells the driver nothing either. */
const LOOKUP_MS = 5_000;

const OWN = new BlockList();
for (const [network, bits] of [["0.0.0.0", 8], ["127.0.0.0", 8], ["169.254.0.0", 16]] as const) {
  OWN.addSubnet(network, bits, "ipv4");
}
for (const [network, bits] of [["::", 127], ["fe80::", 10]] as const) OWN.addSubnet(network, bits, "ipv6");

/** Looks a name up: its addresses of one family. */
export type Resolve = (name: string, kind: "A" | "AAAA") => Promise<readonly string[]>;

/**
 * Refuses names that mean this machine, or one on its own link. `localhost` and an address say so themselves:
 * what the connection names, it may mean.
 *
 * @param net hosts with ports, as granted
 * @throws DRV419 that names host and address
 */
export async function demandAbroad(
  net: readonly string[],
  about: string,
  step: string,
  resolve: Resolve = ask,
): Promise<void> {
  const names = new Set(net.map((host) => host.slice(0, host.lastIndexOf(":"))).filter(isForeignName));
  await Promise.all([...names].map(async (name) => {
    const found = await Promise.all(
      (["A", "AAAA"] as const).map((kind) => resolve(name, kind).catch(() => [])),
    );
    const own = found.flat().find(isOwn);
    if (own === undefined) return;
    throw new OsirisError("DRV419", `${about}: it may reach '${name}', which is '${own}': this machine`, {
      category: "permission",
      step,
      help: `if that is meant, give '${own}' or localhost as the connection's host`,
    });
  }));
}

function isForeignName(host: string): boolean {
  const name = host.replace(/\.$/, "").toLowerCase();
  return !host.startsWith("[") && isIP(name) === 0 && name !== "localhost" && !name.endsWith(".localhost");
}

function isOwn(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && OWN.check(address, family === 6 ? "ipv6" : "ipv4");
}

async function ask(name: string, kind: "A" | "AAAA"): Promise<readonly string[]> {
  return await Deno.resolveDns(name, kind, { signal: AbortSignal.timeout(LOOKUP_MS) });
}

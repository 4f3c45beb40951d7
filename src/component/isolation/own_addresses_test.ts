import assert from "node:assert/strict";
import type { OsirisError } from "../../diagnostic.ts";
import { demandAbroad, type Resolve } from "./own_addresses.ts";

function answering(addresses: readonly string[]): Resolve & { readonly asked: string[] } {
  const asked: string[] = [];
  const resolve: Resolve = (name, kind) => {
    asked.push(name);
    return Promise.resolve(addresses.filter((address) => address.includes(":") === (kind === "AAAA")));
  };
  return Object.assign(resolve, { asked });
}

Deno.test("demandAbroad refuses a name that means this machine or its link, in either family", async () => {
  for (
    const own of [
      "127.0.0.1",
      "127.9.9.9",
      "0.0.0.0",
      "169.254.169.254",
      "::1",
      "::",
      "fe80::1",
      "::ffff:127.0.0.1",
    ]
  ) {
    await assert.rejects(
      demandAbroad(["api.example.com:443"], "Cannot run a.b", "s1", answering(["93.184.216.34", own])),
      (error: OsirisError) => {
        assert.deepEqual([error.code, error.category, error.step], ["DRV419", "permission", "s1"]);
        assert.equal(
          error.message,
          `Cannot run a.b: it may reach 'api.example.com', which is '${own}': this machine`,
        );
        assert.match(error.help!, /localhost/);
        return true;
      },
      own,
    );
  }
});

Deno.test("demandAbroad lets names that lead elsewhere, or nowhere, be", async () => {
  const abroad = answering(["93.184.216.34", "10.0.0.7", "2606:2800::1"]);
  await demandAbroad(["api.example.com:443", "api.example.com:80", "db:5432"], "", "s1", abroad);
  assert.deepEqual(new Set(abroad.asked), new Set(["api.example.com", "db"]));
  await demandAbroad(["gone.example:1"], "", "s1", () => Promise.reject(new Error("no such name")));
});

Deno.test("demandAbroad asks nobody about addresses and localhost: they say what they mean", async () => {
  const home = answering(["127.0.0.1"]);
  await demandAbroad(
    ["127.0.0.1:80", "[::1]:80", "localhost:80", "Localhost.:80", "a.localhost:80"],
    "",
    "s1",
    home,
  );
  assert.deepEqual(home.asked, []);
});

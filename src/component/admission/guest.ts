/**
 * The first module of a worker that runs code from outside: the SDK and the wire are loaded, the realm is
 * narrowed, and only then the code comes, as text that was admitted, and is loaded from that very text.
 *
 * @module
 */

import { OsirisError } from "../../diagnostic.ts";
import { decodeBatch } from "../_decode.ts";
import { awaitCode, failedToLoad, type GuestCode, serve, tellBeforeAnswers } from "../_serve.ts";
import * as sdk from "../sdk.ts";
import { readable } from "./_readable.ts";
import { SDK_KEY, SDK_NAMES } from "./_sdk_shim.ts";
import { narrow } from "./realm.ts";

const given = sdk as unknown as Readonly<Record<string, unknown>>;
Object.defineProperty(globalThis, Symbol.for(SDK_KEY), {
  value: Object.freeze(Object.fromEntries(SDK_NAMES.map((name) => [name, given[name]]))),
});
const { open, used } = narrow();
tellBeforeAnswers(used);

awaitCode(async ({ component, code, promised, grants }: GuestCode) => {
  try {
    await open(grants);
    const module = await import(`data:application/javascript,${encodeURIComponent(code)}`);
    demandPromised(module.default, promised);
    serve({ [component]: module.default }, decodeBatch);
  } catch (error) {
    failedToLoad(readable(error, code));
  }
});

/** A spec that promises what its driver has not is refused before any of it is used. */
function demandPromised(driver: Readonly<Record<string, unknown>> | null, promised: readonly string[]): void {
  if (typeof driver !== "object" || driver === null) return; // It is told so when it starts.
  const missing = promised.filter((name) => typeof driver[name] !== "function");
  if (missing.length === 0) return;
  const [names, they] = [
    missing.map((name) => `'${name}'`).join(" and "),
    missing.length === 1 ? "it" : "them",
  ];
  throw new OsirisError("DRV407", `its spec says that it has ${names}, and its driver has not`, {
    help: `write ${they}, or take ${they} out of 'modes' and 'capabilities' in spec.yaml`,
  });
}

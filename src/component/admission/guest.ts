/**
 * The first module of a worker that runs code from outside: the SDK and the wire are loaded, the realm is
 * narrowed, and only then the code comes, as text that was admitted, and is loaded from that very text.
 *
 * @module
 */

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

awaitCode(async ({ component, code, grants }: GuestCode) => {
  try {
    await open(grants);
    const module = await import(`data:application/javascript,${encodeURIComponent(code)}`);
    serve({ [component]: module.default }, decodeBatch);
  } catch (error) {
    failedToLoad(readable(error, code));
  }
});

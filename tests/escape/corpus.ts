/** Every attempt that a driver makes while it runs. @module */

import { ADVISORIES } from "./advisories.ts";
import { type Attempt, attempts } from "./_attempt.ts";
import { GRANTED_ROW } from "./_driver.ts";
import { FILES } from "./files.ts";
import { NETWORK } from "./network.ts";
import { PROCESS } from "./process.ts";
import { REALM } from "./realm.ts";

export const CORPUS: readonly Attempt[] = [...FILES, ...NETWORK, ...PROCESS, ...REALM, ...ADVISORIES];

/** What a grant is for: these have to work where it was given. Else the others would prove nothing. */
export const GRANTED: readonly Attempt[] = attempts(GRANTED_ROW, {
  "its folder, listed": "return [...Deno.readDirSync(at.granted)].length",
  "its folder, read": "return Deno.readTextFileSync(at.granted + '/ok.txt')",
  "its folder, opened":
    "using file = Deno.openSync(at.granted + '/ok.txt'); return file.readSync(new Uint8Array(9))",
  "its folder, written": "Deno.writeTextFileSync(at.mine + '/mine.txt', 'mine'); return true",
  "its host, fetched": "return (await fetch(`http://127.0.0.1:${at.port}/ok`)).status",
  "its host, connected":
    "(await Deno.connect({ hostname: '127.0.0.1', port: at.port })).close(); return true",
});

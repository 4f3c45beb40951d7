/** Every attempt that a driver makes while it runs. @module */

import { ADVISORIES } from "./advisories.ts";
import type { Attempt } from "./_attempt.ts";
import { FILES } from "./files.ts";
import { NETWORK } from "./network.ts";
import { PROCESS } from "./process.ts";
import { REALM } from "./realm.ts";

export const CORPUS: readonly Attempt[] = [...FILES, ...NETWORK, ...PROCESS, ...REALM, ...ADVISORIES];

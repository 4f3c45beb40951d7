/** The host of a driver, as it is started from source; the binary enters by `main.ts`. @module */

import { hostDriver } from "./child.ts";

await hostDriver();

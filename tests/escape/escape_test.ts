/**
 * Somebody who tries: strangers' drivers at work in the real program, and what came of it, from inside and from
 * outside. The rows are those of the list of promises: A (isolation), B (hangs, crashes, resources), F (the driver
 * contract, as far as no database is needed), J (the lock).
 *
 * An attempt that gets through fails the test. The calibration shows that the attempts work where nothing holds them
 * back, so that none passes for want of skill. The table of figures is printed at the end.
 *
 * @module
 */

import { calibrated } from "./calibrated.ts";
import { around } from "./around.ts";
import { attempted } from "./attempted.ts";
import { ended } from "./ended.ts";
import { filled } from "./filled.ts";
import { figures } from "./figures.ts";
import { lock } from "./lock.ts";
import { many } from "./many.ts";
import { wire } from "./wire.ts";

calibrated();
attempted();
ended();
around();
filled();
many();
wire();
lock();
figures();

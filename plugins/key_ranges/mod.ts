/** Reading a table in parts, each a range of a key, by several connections at the same time. @module */

export { merged } from "./merged.ts";
export { conditions, demandKey, type Key } from "./ranges.ts";

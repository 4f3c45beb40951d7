export * from "../printable.ts";

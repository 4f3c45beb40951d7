export * from "../amounts.ts";

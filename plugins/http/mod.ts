/**
 * What the components of the connection family `http` have in common: asking a server, JSON with exact numbers,
 * and records as rows of columns.
 *
 * It is a folder of its own beside them, since neither is a part of the other; it is no component.
 *
 * @example
 * ```ts
 * const client = new HttpClient(connectionOf(context.connection), context.config, context);
 * const items = await client.ask({ method: "GET", url: below(base_url, "items") }, ({ text }) => parseExact(text));
 * ```
 *
 * @module
 */

export { checkConnection } from "./check.ts";
export { type Answer, type Ask, type AskingOptions, HttpClient } from "./client.ts";
export { below, connectionOf, type HttpConnection } from "./connection.ts";
export { type Json, type JsonObject, jsonText, parseExact } from "./exact_json.ts";
export { HttpFailure, named } from "./failure.ts";
export { isObject, JsonPath, kindOf } from "./json_path.ts";
export { type RecordOptions, rowsOf } from "./records.ts";
export { demandNoPage, parseAnswer, recordsAt } from "./answers.ts";

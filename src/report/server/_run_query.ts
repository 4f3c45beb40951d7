/** Which runs of a list are wanted, as the address of the list says it. @module */

import { isWanted, type RunState, type SessionFilter, type SessionSummary } from "../../session/mod.ts";

/** How a list may be sorted. */
export const ORDERS = ["started", "duration", "pipeline", "state"] as const;

/** What runs may come to. */
export const STATES: readonly RunState[] = ["running", "succeeded", "failed", "cancelled", "interrupted"];

/** What is wanted of a list. What the address does not say, or says in no way that is known, is not asked for. */
export interface RunQuery extends SessionFilter {
  readonly sort: (typeof ORDERS)[number];
  readonly descending: boolean;
  /** Counts from 1. */
  readonly page: number;
}

/** One page of the runs that fit. */
export interface Chosen {
  readonly runs: readonly SessionSummary[];
  /** All that fit, as sorted. */
  readonly fitting: readonly SessionSummary[];
  readonly page: number;
  readonly pages: number;
}

/** Runs on one page. */
const PAGE = 100;

/** What an address asks for. */
export function queryOf(params: URLSearchParams): RunQuery {
  const said = (name: string) => (params.get(name) ?? "").trim();
  const day = (name: string) => /^\d{4}-\d\d-\d\d$/.test(said(name)) ? said(name) : "";
  const page = Number(said("page"));
  return {
    text: said("q"),
    state: STATES.find((state) => state === said("state")),
    pipeline: params.get("pipeline") ?? "",
    from: day("from"),
    to: day("to"),
    sort: ORDERS.find((order) => order === said("sort")) ?? "started",
    descending: said("order") !== "up",
    page: Number.isSafeInteger(page) && page > 0 ? page : 1,
  };
}

/** The address's part for a query; what is as it always is stands not in it. */
export function addressOf(path: string, query: RunQuery, changes: Partial<RunQuery> = {}): string {
  const { text, state, pipeline, from, to, sort, descending, page } = { ...query, ...changes };
  const said: [string, string][] = [
    ["q", text],
    ["state", state ?? ""],
    ["pipeline", pipeline],
    ["from", from],
    ["to", to],
    ["sort", sort === "started" ? "" : sort],
    ["order", descending ? "" : "up"],
    ["page", page === 1 ? "" : String(page)],
  ];
  const params = new URLSearchParams(said.filter(([, value]) => value !== "")).toString();
  return params === "" ? path : `${path}?${params}`;
}

/** The runs, newest first, that a query wants. */
export function choose(runs: readonly SessionSummary[], query: RunQuery): Chosen {
  const fitting = sorted(runs.filter((run) => isWanted(run, query)), query);
  const pages = Math.max(1, Math.ceil(fitting.length / PAGE));
  const page = Math.min(query.page, pages);
  return { runs: fitting.slice((page - 1) * PAGE, page * PAGE), fitting, page, pages };
}

/** Sorting keeps runs that are equal in the order they had: newest first. */
function sorted(runs: SessionSummary[], { sort, descending }: RunQuery): SessionSummary[] {
  if (sort === "started") return descending ? runs : runs.reverse();
  const sign = descending ? -1 : 1;
  if (sort === "duration") {
    return runs.sort((a, b) => sign * ((a.duration_ms ?? -1) - (b.duration_ms ?? -1)));
  }
  return runs.sort((a, b) => sign * (a[sort] < b[sort] ? -1 : a[sort] > b[sort] ? 1 : 0));
}

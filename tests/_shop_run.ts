/** A shop's daily pipeline as it went on some day: the run that pages are shown with. @module */

import { OsirisError } from "../src/diagnostic.ts";
import { type RecordedRun, type RecordedStep } from "./_recorded_runs.ts";

const ORDERS = [
  { name: "order_id", type: "BIGINT" },
  { name: "customer_id", type: "BIGINT" },
  { name: "ordered_at", type: "TIMESTAMP" },
  { name: "currency", type: "VARCHAR" },
  { name: "amount", type: "VARCHAR" },
];
const CLEAN = [
  { name: "order_id", type: "BIGINT" },
  { name: "customer_id", type: "BIGINT" },
  { name: "day", type: "DATE" },
  { name: "amount", type: "DECIMAL(18,2)" },
];
const CUSTOMERS = [
  { name: "customer_id", type: "BIGINT" },
  { name: "name", type: "VARCHAR" },
  { name: "region", type: "VARCHAR" },
];

/** The steps of the pipeline when all goes well; `scale` is how busy the day was. */
export function shopSteps(scale = 1): RecordedStep[] {
  const rows = (n: number) => Math.round(n * scale);
  const ms = (n: number) => Math.round(n * (0.6 + 0.4 * scale));
  return [
    {
      id: "orders_raw",
      component: "mysql.extractor",
      mode: "read",
      layer: "bronze",
      explanation: "Takes the orders that came in since the last run from the shop's own database.",
      config: { table: "orders", host: "shop.example:3306", cursor: "ordered_at" },
      begins: 60,
      takes: ms(2_140),
      rows: rows(128_411),
      columns: ORDERS,
      sample: [
        {
          order_id: 90_001,
          customer_id: 17,
          ordered_at: "2026-01-15 08:12:44",
          currency: "EUR",
          amount: "19.90",
        },
        {
          order_id: 90_002,
          customer_id: 3_204,
          ordered_at: "2026-01-15 08:12:51",
          currency: "CZK",
          amount: "1250",
        },
        {
          order_id: 90_003,
          customer_id: 88,
          ordered_at: "2026-01-15 08:13:02",
          currency: "EUR",
          amount: null,
        },
      ],
      tell: (session) => {
        session.event("connection.resolve", {
          step_id: "orders_raw",
          connection: "@mysql.shop",
          fields: ["host", "user"],
        });
        session.event("driver.log", { step_id: "orders_raw", level: "info", text: "connected to MySQL 8.4" });
        session.event("driver.log", {
          step_id: "orders_raw",
          level: "debug",
          text: "reads 4 key ranges side by side",
        });
        session.event("driver.log", {
          step_id: "orders_raw",
          level: "warn",
          text: "the server's time zone is not UTC",
        });
        session.event("increment.read", {
          step_id: "orders_raw",
          column: "ordered_at",
          from: "2026-01-14 23:59:58",
          to: "2026-01-15 09:58:13",
          rows_new: rows(128_411),
          rows_before: 12,
        });
      },
    },
    {
      id: "customers_raw",
      component: "filesystem.csv_extractor",
      mode: "read",
      layer: "bronze",
      config: { path: "data/customers.csv", on_bad_row: "quarantine" },
      begins: 62,
      takes: ms(410),
      rows: 4_197,
      columns: CUSTOMERS,
      sample: [
        { customer_id: 3, name: "Anna Nováková", region: "north" },
        { customer_id: 17, name: "Béla Kiss", region: "south" },
      ],
      tell: async (session) => {
        const text = '{"line":812,"text":"x;;"}\n';
        await session.artifact("customers_raw", "rejected.jsonl", text);
        session.event("row.quarantine", {
          step_id: "customers_raw",
          rows: 3,
          path: "artifacts/customers_raw/rejected.jsonl",
          reason: "the source's row could not be read",
        });
        session.metric("rows_rejected", 3, "rows", "customers_raw");
      },
    },
    {
      id: "rates",
      component: "http.json_extractor",
      mode: "read",
      layer: "bronze",
      config: { url: "https://rates.example/latest", host: "rates.example:443" },
      begins: 65,
      takes: ms(1_220),
      rows: 31,
      columns: [{ name: "currency", type: "VARCHAR" }, { name: "rate", type: "DOUBLE" }],
      sample: [{ currency: "CZK", rate: 24.31 }, { currency: "EUR", rate: 1 }],
      tell: (session) => {
        const failure = new OsirisError(
          "DRV401",
          "Cannot read https://rates.example/latest: the server answered 503",
          {
            retryable: true,
          },
        );
        for (const attempt of [1, 2]) {
          session.event("execution.step.retry", {
            step_id: "rates",
            attempt,
            max: 3,
            delay_ms: 250 * attempt,
            error: failure.toFailure(),
          });
        }
      },
    },
    {
      id: "orders_clean",
      component: "duckdb.processor",
      mode: "transform",
      layer: "silver",
      explanation: "Turns amounts into euros and leaves out orders without one.",
      inputs: { orders: "orders_raw", rates: "rates" },
      config: {
        query:
          "-- one currency for everybody\nSELECT o.order_id, o.customer_id, o.ordered_at::DATE AS day,\n       (o.amount::DECIMAL(18,2) / r.rate)::DECIMAL(18,2) AS amount\nFROM orders o JOIN rates r USING (currency)\nWHERE o.amount IS NOT NULL AND o.amount::DECIMAL(18,2) >= $least\n",
      },
      bind: { least: { type: "number", value: 1 } },
      begins: 2_230,
      takes: ms(880),
      rows: rows(128_102),
      columns: CLEAN,
      sample: [
        { order_id: 90_001, customer_id: 17, day: "2026-01-15", amount: "19.90" },
        { order_id: 90_002, customer_id: 3_204, day: "2026-01-15", amount: "51.42" },
      ],
      tell: async (session) => {
        const step_id = "orders_clean";
        session.event("check.pass", {
          step_id,
          check: "unique",
          column: "order_id",
          rows_checked: rows(128_102),
          rows_failed: 0,
        });
        session.event("check.warn", {
          step_id,
          check: "range",
          column: "amount",
          rows_checked: rows(128_102),
          rows_failed: 41,
          message: "amount should be at most 10,000",
        });
        session.event("cache.miss", { step_id, key: "sha256:5f1c…", reason: "its input changed" });
        session.event("cache.store", { step_id, key: "sha256:5f1c…", bytes: 1_204_331, rows: rows(128_102) });
        session.event("checkpoint.save", {
          step_id,
          path: "checkpoints/orders_clean",
          bytes: 1_204_331,
          rows: rows(128_102),
          duration_ms: 62,
        });
        await session.artifact(step_id, "profile.json", JSON.stringify({ statements: [[PROFILE]] }));
      },
    },
    {
      id: "customers_clean",
      component: "duckdb.processor",
      mode: "transform",
      layer: "silver",
      inputs: { customers: "customers_raw" },
      config: { query: "SELECT customer_id, trim(name) AS name, lower(region) AS region FROM customers" },
      begins: 500,
      takes: ms(130),
      rows: 4_197,
      columns: CUSTOMERS,
      tell: (session) => {
        session.event("cache.hit", {
          step_id: "customers_clean",
          key: "sha256:9e02…",
          rows: 4_197,
          bytes: 88_120,
        });
        session.event("contract.drift", {
          step_id: "customers_clean",
          differences: [{ column: "phone", change: "missing", promised: "VARCHAR", action: "evolve" }],
        });
      },
    },
    {
      id: "by_region",
      component: "duckdb.processor",
      mode: "transform",
      layer: "gold",
      inputs: { orders: "orders_clean", customers: "customers_clean" },
      config: {
        query:
          "SELECT c.region, o.day, count(*) AS orders, sum(o.amount) AS amount\nFROM orders o JOIN customers c USING (customer_id)\nGROUP BY ALL ORDER BY region, day\n",
      },
      begins: 3_140,
      takes: ms(460),
      rows: 12,
      columns: [
        { name: "region", type: "VARCHAR" },
        { name: "day", type: "DATE" },
        { name: "orders", type: "BIGINT" },
        { name: "amount", type: "DECIMAL(38,2)" },
      ],
      sample: [
        { region: "north", day: "2026-01-15", orders: 40_120, amount: "1204331.10" },
        { region: "south", day: "2026-01-15", orders: 31_988, amount: "998120.75" },
      ],
    },
    {
      id: "save_lake",
      component: "filesystem.parquet_writer",
      mode: "write",
      layer: "gold",
      inputs: { df: "orders_clean" },
      config: { path: "lake/orders.parquet", write_mode: "overwrite" },
      begins: 3_150,
      takes: ms(640),
      rows: rows(128_102),
    },
    {
      id: "save_report",
      component: "filesystem.csv_writer",
      mode: "write",
      layer: "gold",
      inputs: { df: "by_region" },
      config: { path: "out/by_region.csv", write_mode: "overwrite" },
      begins: 3_620,
      takes: ms(90),
      rows: 12,
    },
  ];
}

const PROFILE = {
  operator_type: "PROJECTION",
  operator_cardinality: 128_102,
  operator_timing: 0.021,
  extra_info: {},
  children: [{
    operator_type: "HASH_JOIN",
    operator_cardinality: 128_102,
    operator_timing: 0.412,
    extra_info: { "Join Type": "INNER", Conditions: "currency = currency" },
    children: [
      {
        operator_type: "FILTER",
        operator_cardinality: 128_102,
        operator_timing: 0.118,
        extra_info: {},
        children: [],
      },
      {
        operator_type: "ARROW_SCAN",
        operator_cardinality: 31,
        operator_timing: 0.0004,
        extra_info: {},
        children: [],
      },
    ],
  }],
};

export function shopRun(started = "2026-01-15T10:00:00.000Z", scale = 1): RecordedRun {
  return {
    description: "Orders of the day in one currency, and what each region sold.",
    started,
    steps: shopSteps(scale),
    params: { least: { type: "number", value: 1 }, api_key: { type: "string", sensitive: true } },
    tell: (session) => {
      session.event("state.commit", {
        step_id: "orders_raw",
        key: "orders_raw.ordered_at",
        value: "2026-01-15 09:58:13",
      });
    },
  };
}

/** The same pipeline on a day on which an amount was no number. */
export function failedShopRun(started = "2026-01-15T10:00:00.000Z"): RecordedRun {
  const error = new OsirisError(
    "ENG513",
    "Cannot compute step 'orders_clean': 'n/a' in column amount is no DECIMAL(18,2), and should be one",
    { step: "orders_clean", help: "use TRY_CAST, or leave such rows out with WHERE" },
  );
  return {
    ...shopRun(started),
    state: "failed",
    error,
    steps: shopSteps().map((step) => {
      if (step.id === "orders_clean") {
        const { rows: _, sample: __, columns: ___, ...rest } = step;
        return { ...rest, state: "failed", takes: 212, error, tell: () => {} };
      }
      if (["by_region", "save_lake", "save_report"].includes(step.id)) {
        return { ...step, state: "skipped", reason: "step 'orders_clean' failed" };
      }
      return step;
    }),
  };
}

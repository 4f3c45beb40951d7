/**
 * Loaded before the program (`deno run --preload`): ends it with SIGKILL at the n-th point where something becomes
 * durable or is told to, `n` being `KILL_AT`; beyond the last point it ends by itself.
 *
 * The points are the program's own doings, seen from outside: transactions of its state and of database files, files
 * that are renamed, and the messages by which a driver is told to commit and says that it has. So none of it is in the program.
 *
 * @module
 */

import { DuckDBConnection } from "@duckdb/node-api";
import { DatabaseSync } from "node:sqlite";

let left = Number(Deno.env.get("KILL_AT"));

function point(what: string): void {
  if (--left !== 0) return;
  Deno.stderr.writeSync(new TextEncoder().encode(`killed at: ${what}\n`));
  Deno.kill(Deno.pid, "SIGKILL");
  for (;;); // nothing more is done, however late the signal comes
}

const exec = DatabaseSync.prototype.exec;
DatabaseSync.prototype.exec = function (sql: string) {
  if (sql !== "COMMIT") return exec.call(this, sql);
  point("before a transaction of the state");
  exec.call(this, sql);
  point("after a transaction of the state");
};

const run = DuckDBConnection.prototype.run;
DuckDBConnection.prototype.run = async function (sql, ...values) {
  if (sql !== "COMMIT") return await run.call(this, sql, ...values);
  point("before a database file is committed to");
  const result = await run.call(this, sql, ...values);
  point("after a database file is committed to");
  return result;
};

const rename = Deno.rename;
Deno.rename = async (from, to) => {
  point("before a rename");
  await rename(from, to);
  point("after a rename");
};

const Plain = globalThis.Worker;
globalThis.Worker = class extends Plain {
  override postMessage(message: unknown, options?: StructuredSerializeOptions | Transferable[]): void {
    const isCommit = (message as { type?: unknown }).type === "commit";
    if (isCommit) point("before a driver is told to commit");
    super.postMessage(message, options as StructuredSerializeOptions);
    if (isCommit) point("after a driver is told to commit");
  }

  override set onmessage(listener: ((event: MessageEvent) => unknown) | null) {
    super.onmessage = (event: MessageEvent) => {
      if (event.data?.type === "committed") point("after a driver has committed");
      listener?.(event);
    };
  }
};

import type { Appender, Column } from "./engine.ts";
import type { Database } from "./_database.ts";
export function openAppender(_database: Database, _step: string, _columns: readonly Column[], table: string): Promise<Appender> {
  return Promise.reject(new Error(table));
}

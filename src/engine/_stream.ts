/**
 * Batches out: a relation's rows as Arrow IPC streams, pulled one by one while the engine computes on.
 *
 * @module
 */

import type { Execution, RunOptions, StepMeasure } from "./engine.ts";
import { type ArrowColumnWriter, arrowWriter, sentAs } from "./_arrow_out.ts";
import { beginStream, cameToItsEnd, reasonOf } from "./_broken_stream.ts";
import { namingTheRow, verifyValues } from "./_culprit.ts";
import { bindAll, type Database, scanned } from "./_database.ts";
import { explained } from "./_failure.ts";
import { verifyCompressed } from "./_intact.ts";
import { composeCarefully, Feeding } from "./_feed.ts";
import { loadBindings } from "./_native.ts";
import { perform } from "./_perform.ts";
import { identifier } from "./_quote.ts";
import type { DuckRelation } from "./_relation.ts";

const BATCH_ROWS = 65_536;

/** Computes a relation and gives its rows in batches. Only its own count is measured: a streaming statement has no profile. */
export async function* streamBatches(
  database: Database,
  relation: DuckRelation,
  options: RunOptions & { batchRows?: number },
): AsyncGenerator<{ data: Uint8Array; rows: number }, Execution, void> {
  const started = performance.now();
  const composed = composeCarefully(relation); // what was handed on cannot be taken back
  const attempt = database.attempt(relation.step, `compute step '${relation.step}'`, options.signal);
  const sent = relation.columns.map(({ name, type }) => ({ name, type, expression: sentAs(name, type) }));
  const select = sent.map(({ name, expression }) => `${expression} AS ${identifier(name)}`).join(", ");
  const whole = Promise.all([
    verifyCompressed(composed.scans, options.signal),
    verifyValues(composed.scans),
  ]);
  whole.catch(() => {}); // heard below, once the rows are out
  await using feeding = await Feeding.begin(composed.scans, options);
  const fed = feeding.signal === undefined ? options : { ...options, signal: feeding.signal };
  const connection = await database.connect();
  let rows = 0;
  const prepareAgain = async (statement: string) => {
    const other = await database.connect();
    const prepared = await other.prepare(`EXPLAIN ANALYZE ${statement}`);
    await bindAll(prepared, composed.bind);
    return { connection: other, prepared };
  };
  try {
    const bindings = await loadBindings();
    const statement = `SELECT ${select} FROM (${composed.sql})`;
    await beginStream(connection);
    const prepared = await connection.prepare(statement);
    await bindAll(prepared, composed.bind);
    const result = await perform(connection, prepared, fed, true);
    const types = Array.from({ length: result.columnCount }, (_, i) => result.columnType(i));
    const wanted = options.batchRows ?? BATCH_ROWS;
    const { Column, Table, tableToIPC } = await import("@uwdata/flechette");
    const fresh = () => types.map((type) => arrowWriter(bindings, type, wanted));
    let writers: ArrowColumnWriter[] = fresh();
    let held = 0;
    const batch = () => {
      const columns = writers.map((writer) => writer.finish());
      const schema = {
        version: 4,
        endianness: 0,
        fields: columns.map(({ type }, i) => ({
          name: relation.columns[i]!.name,
          type,
          nullable: true,
          metadata: null,
        })),
        metadata: null,
      };
      const table = new Table(schema as never, columns.map((column) => new Column([column as never])));
      const done = { data: tableToIPC(table, { format: "stream" })!, rows: held };
      [writers, held] = [fresh(), 0];
      return done;
    };
    while (true) {
      fed.signal?.throwIfAborted();
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) break;
      const count = chunk.rowCount;
      if (held > 0 && held + count > wanted) yield batch();
      writers.forEach((writer, i) => writer.push(bindings.data_chunk_get_vector(chunk.chunk, i), count));
      held += count;
      rows += count;
    }
    prepared.destroySync();
    fed.signal?.throwIfAborted();
    if (!await cameToItsEnd(connection)) {
      const isFed = composed.scans.some(({ scan }) => scan.feed !== undefined);
      throw await reasonOf(rows, isFed ? undefined : () => prepareAgain(statement), options);
    }
    if (held > 0 || rows === 0) yield batch();
    await feeding.end(({ relation: read }) => ({
      rows: read === relation ? rows : undefined,
      mayBeFewer: read !== relation,
    }));
    await whole;
  } catch (caught) {
    const error = feeding.reason(caught);
    options.signal?.throwIfAborted();
    throw explained(await namingTheRow(error, composed.scans), attempt);
  } finally {
    connection.closeSync();
  }
  const step: StepMeasure = {
    step: relation.step,
    rowsOut: rows,
    ...(relation.origin.kind === "scan" ? scanned(relation.origin.scan) : {}),
  };
  const others = composed.counted.filter((counted) => counted.relation !== relation).map((
    { relation: other },
  ): StepMeasure => ({
    step: other.step,
    ...(other.origin.kind === "scan" ? scanned(other.origin.scan) : {}),
  }));
  const unread: StepMeasure[] = [];
  for (const other of composed.unread) unread.push(...(await database.drain(other, options)).steps);
  return {
    rows,
    steps: [...unread, ...others, ...(relation.stored ? [] : [step])],
    elapsedMs: performance.now() - started,
    profile: null,
  };
}

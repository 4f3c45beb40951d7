/** Records on their way to the engine: the first ones tell the columns, all of them fill them. @module */

import { type Emission, emit } from "osiris/driver";
import { type ColumnOptions, columnsOf, RowBuilder } from "./columns.ts";
import type { Json } from "./exact_json.ts";

/** What a step says about its records. */
export interface RecordOptions extends ColumnOptions {
  /** How many records are looked at to find out the types of the columns. */
  readonly sample_records: number;
}

/** The rows of all records. Pages are asked for only as fast as their rows are taken. */
export async function rowsOf(
  pages: AsyncGenerator<readonly Json[]>,
  options: RecordOptions,
): Promise<Emission> {
  const sample: Json[] = [];
  const first: (readonly Json[])[] = [];
  while (sample.length < options.sample_records) {
    const next = await pages.next();
    if (next.done === true) break;
    first.push(next.value);
    for (const record of next.value) sample.push(record);
  }
  const types = columnsOf(sample, options);
  sample.length = 0;
  return emit(types, filled(new RowBuilder(types, options), first, pages));
}

async function* filled(
  builder: RowBuilder,
  first: (readonly Json[])[],
  pages: AsyncGenerator<readonly Json[]>,
): AsyncGenerator<ReturnType<RowBuilder["rest"]>, undefined> {
  try {
    while (true) {
      const next = first.shift() ??
        await pages.next().then(({ done, value }) => done === true ? undefined : value);
      if (next === undefined) break;
      for (const record of next) {
        builder.add(record);
        const full = builder.full();
        if (full !== undefined) yield full;
      }
    }
    yield builder.rest();
  } finally {
    await pages.return(undefined);
  }
}

import { columns, defineDriver, emit, type Row } from "osiris/driver";

interface RowsConfig {
  readonly rows: number;
  readonly chunk: number;
  readonly by: "columns" | "rows";
}

export default defineDriver<RowsConfig>({
  read: ({ config: { rows, chunk, by }, progress }) =>
    emit({ id: "BIGINT", value: "DOUBLE", name: "VARCHAR" }, function* () {
      const make = by === "columns" ? columnsOf : rowsOf;
      for (let from = 0; from < rows; from += chunk) {
        yield make(from, Math.min(rows, from + chunk));
        progress(Math.min(rows, from + chunk));
      }
      return { last_id: rows - 1 };
    }),
});

function columnsOf(from: number, to: number): ReturnType<typeof columns> {
  const id = new BigInt64Array(to - from);
  const value = new Float64Array(to - from);
  const name = new Array<string>(to - from);
  for (let i = 0; i < id.length; i++) {
    id[i] = BigInt(from + i);
    value[i] = (from + i) / 2;
    name[i] = nameOf(from + i);
  }
  return columns({ id, value, name });
}

function rowsOf(from: number, to: number): Row[] {
  return Array.from(
    { length: to - from },
    (_, i) => ({ id: from + i, value: (from + i) / 2, name: nameOf(from + i) }),
  );
}

function nameOf(id: number): string {
  return `name ${id % 1000}`;
}

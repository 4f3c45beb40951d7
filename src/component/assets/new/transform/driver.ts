import { defineDriver, DriverError, emit } from "osiris/driver";

/** The fields of `config` in spec.yaml. */
interface Settings {
  readonly column: string;
}

export default defineDriver<Settings>({
  transform({ config: { column } }, { df }) {
    if (df === undefined) throw new DriverError("it has no input 'df'", { help: "add `inputs: { df: … }` to the step" });
    const columns = Object.fromEntries(df.columns.map(({ name, type }) => [name, type]));
    const slug = `${column}_slug`;
    if (columns[column] !== "VARCHAR") throw new DriverError(`its input has no column '${column}' of type VARCHAR`);
    if (Object.hasOwn(columns, slug)) throw new DriverError(`its input has a column '${slug}' already`);
    return emit({ ...columns, [slug]: "VARCHAR" }, async function* () {
      for await (const batch of df.batches()) {
        yield batch.toRows().map((row) => ({ ...row, [slug]: slugOf(row[column] as string | null) }));
      }
    });
  },
});

/** "Žluťoučký kůň!" → "zlutoucky-kun"; nothing of nothing. */
function slugOf(text: string | null): string | null {
  if (text === null) return null;
  const plain = text.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase();
  return plain.replaceAll(/[^\p{L}\p{N}]+/gu, "-").replaceAll(/^-|-$/g, "");
}

import { defineDriver, emit } from "osiris/driver";

export default defineDriver({
  transform(_, { df }) {
    const columns = Object.fromEntries(df!.columns.map(({ name, type }) => [name, type]));
    return emit(columns, async function* () {
      for await (const batch of df!.batches()) yield batch.toRows();
    });
  },
});

import { defineDriver } from "osiris/driver";

export default defineDriver<{ path: string }>({
  async write({ grants }, input) {
    const staged = grants.write.find((path) => path.endsWith(".staged"))!;
    const sums = { rows: 0, id: 0, value: 0, characters: 0 };
    for await (const batch of input.batches()) {
      const id = batch.column("id").values as BigInt64Array;
      const value = batch.column("value").values as Float64Array;
      const name = batch.column("name");
      for (let i = 0; i < batch.rows; i++) {
        sums.id += Number(id[i]!);
        sums.value += value[i]!;
        sums.characters += (name.at(i) as string | null)?.length ?? 0;
      }
      sums.rows += batch.rows;
    }
    await Deno.writeTextFile(staged, JSON.stringify(sums));
    return {
      commit: () => Deno.rename(staged, staged.slice(0, -".staged".length)),
      abort: () => Deno.remove(staged),
    };
  },
});

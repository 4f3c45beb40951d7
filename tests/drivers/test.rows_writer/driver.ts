import { defineDriver, type InputBatch } from "osiris/driver";

interface WriterConfig {
  readonly path: string;
  readonly fail_after?: number;
  readonly keep: boolean;
}

export default defineDriver<WriterConfig>({
  async write({ config, grants }, input) {
    const staged = grants.write.find((path) => path.endsWith(".staged"))!;
    const target = staged.slice(0, -".staged".length);
    let rows = 0;
    using file = await Deno.open(staged, { write: true, create: true, truncate: true });
    const stream = file.writable.getWriter();
    try {
      for await (const batch of input.batches()) {
        rows += batch.rows;
        if (config.fail_after !== undefined && rows > config.fail_after) {
          throw new Error(`failed after ${rows} rows`);
        }
        if (config.keep) await stream.write(new TextEncoder().encode(linesOf(batch)));
      }
    } catch (error) {
      await Deno.remove(staged);
      throw error;
    }
    await stream.close();
    return {
      commit: () => Deno.rename(staged, target),
      abort: () => Deno.remove(staged),
    };
  },
});

function linesOf(batch: InputBatch): string {
  const exact = (_: string, value: unknown) => (typeof value === "bigint" ? String(value) : value);
  return batch.toRows().map((row) => `${JSON.stringify(row, exact)}\n`).join("");
}

import { defineDriver, emit } from "osiris/driver";

export default defineDriver<{ readonly upto: number }>({
  read: ({ config: { upto } }, { cursor }) =>
    emit({ id: "BIGINT" }, function* () {
      const before = (cursor as { last: number } | null)?.last ?? 0;
      yield Array.from({ length: Math.max(0, upto - before) }, (_, i) => ({ id: before + i + 1 }));
      return { last: Math.max(before, upto) };
    }),
});

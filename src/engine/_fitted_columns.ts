import type { Column, Fit } from "./engine.ts";

/** The columns that there are once they were made to fit: in their old order, added ones last. */
export function fittedColumns(columns: readonly Column[], fits: readonly Fit[]): Column[] {
  const byName = new Map(fits.map((fit) => [fit.column, fit]));
  const kept = columns.flatMap(({ name, type }): Column[] => {
    const fit = byName.get(name);
    if (fit?.how === "leave_out") return [];
    return [{ name, type: fit === undefined ? type : fit.type }];
  });
  const added = fits.flatMap((fit) => fit.how === "add" ? [{ name: fit.column, type: fit.type }] : []);
  return [...kept, ...added];
}

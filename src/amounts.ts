/**
 * Numbers as people read them; the same in every locale.
 *
 * @module
 */

/** `1,234,567`. */
export function count(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

/** `1,234,567 rows`, `1 row`. */
export function rows(n: number): string {
  return `${count(n)} ${n === 1 ? "row" : "rows"}`;
}

/** `1,234 rows read, 990 rows written`; empty where neither was measured. */
export function moved(
  { rows_read, rows_written }: { readonly rows_read?: number; readonly rows_written?: number },
): string {
  return [
    ...(rows_read === undefined ? [] : [`${rows(rows_read)} read`]),
    ...(rows_written === undefined ? [] : [`${rows(rows_written)} written`]),
  ].join(", ");
}

/** `12 ms`, `1.24 s`, `2 min 3 s`, `5 h 20 min`. */
export function duration(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(ms < 9_995 ? 2 : 1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor(seconds % 3600 / 60)} min`;
}

const UNITS = ["B", "kB", "MB", "GB", "TB"];

/** `12 B`, `1.2 MB`; steps of a thousand. */
export function bytes(n: number): string {
  let unit = 0;
  let value = n;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return unit === 0 ? `${n} B` : `${value.toFixed(value < 9.95 ? 1 : 0)} ${UNITS[unit]}`;
}

/** `1.2 M rows/s`. */
export function rate(perSecond: number): string {
  if (perSecond >= 999_500) return `${(perSecond / 1e6).toFixed(1)} M rows/s`;
  if (perSecond >= 9_995) return `${Math.round(perSecond / 1e3)} k rows/s`;
  return `${count(Math.round(perSecond))} rows/s`;
}

/** `1 step`, `3 steps`. */
export function counted(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

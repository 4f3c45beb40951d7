/** What a driver was granted, in a line for people. @module */

import type { Verdict } from "../run/mod.ts";

/** Such as `may connect to db.local:5432`. */
export function grantsText({ net, read, write }: NonNullable<Verdict["grants"]>): string {
  const parts = [["connect to", net], ["read", read], ["write", write]] as const;
  const said = parts.filter(([, names]) => names.length > 0).map(([does, names]) =>
    `${does} ${names.join(", ")}`
  );
  return said.length === 0 ? "may touch nothing" : `may ${said.join(", and ")}`;
}

import assert from "node:assert/strict";
import colors from "picocolors";
import type { SessionRecord } from "../session/mod.ts";
import { driftText } from "./_drift_text.ts";

const stream = {
  terminal: true,
  live: false,
  width: 80,
  style: colors.createColors(false),
  write: () => true,
};

function textOf(...events: readonly (readonly [event_type: string, data: object])[]): string {
  const record = { events: events.map(([event_type, data]) => ({ event_type, data })) };
  return driftText(record as unknown as SessionRecord, stream);
}

Deno.test("driftText says of every column what was found and what became of it", () => {
  const differences = [
    { column: "a", change: "type", promised: "BIGINT", found: "VARCHAR", action: "discard_row" },
    { column: "b", change: "type", promised: "BIGINT", found: "VARCHAR", action: "discard_value" },
    { column: "c", change: "new", found: "DATE", action: "discard_row" },
    { column: "d", change: "new", found: "DATE", action: "discard_value" },
    { column: "e", change: "missing", promised: "DATE", action: "discard_value" },
    { column: "f", change: "missing", promised: "DATE", action: "evolve" },
    { column: "g\u001b[2J", change: "new", found: "DATE", action: "evolve" },
  ];
  const columns = [{ column: "a", what: "row", count: 1 }, { column: "b", what: "value", count: 2 }];
  assert.equal(
    textOf(
      ["contract.drift", { step_id: "read", differences: [] }],
      ["contract.drift", { step_id: "read", differences }],
      ["contract.discard", { step_id: "read", rows: 1, columns }],
    ),
    `Not as promised
  read: column 'a' is VARCHAR, should be BIGINT; 1 row left out
  read: column 'b' is VARCHAR, should be BIGINT; 2 values left out
  read: column 'c' (DATE) is new; 0 rows left out
  read: column 'd' (DATE) is new; the column is left out
  read: column 'e' (DATE) is missing; it is null
  read: column 'f' (DATE) is missing; it goes on without
  read: column 'g\\e[2J' (DATE) is new; it passes
`,
  );
});

Deno.test("driftText says nothing where everything is as promised", () => {
  assert.equal(textOf(["run.start", {}]), "");
});

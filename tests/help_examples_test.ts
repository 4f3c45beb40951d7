/** Every example that the help shows works when it is typed, in a project that has run before. */

import assert from "node:assert/strict";
import { describeCommands } from "../src/cli/mod.ts";
import { Walk } from "./docs/_walk.ts";

/** A connection, and a component that knows what is behind it. */
const CONNECTED = `
mkdir -p components/shop.tables_extractor
cat > osiris_connections.yaml <<'EOF'
version: 1
connections:
  shop:
    main: { password: not-to-be-seen }
EOF
cat > components/shop.tables_extractor/spec.yaml <<'EOF'
name: shop.tables_extractor
version: 1.0.0
title: Tables of a shop
description: Knows one table.
status: experimental
modes: [read]
capabilities: [check, discover]
connection:
  family: shop
  fields:
    password: { type: string, secret: true, description: The login }
permissions: {}
config: { type: object, properties: {} }
examples:
  - { title: Orders, mode: read, config: {} }
EOF
cat > components/shop.tables_extractor/driver.ts <<'EOF'
import { defineDriver, emit } from "osiris/driver";

const columns = { id: "BIGINT" };
const rows = [{ id: 1 }];

export default defineDriver({
  check: () => ({ ok: true }),
  discover: () => [{ name: "orders", columns, keys: ["id"], rows: 1, samples: rows }],
  read: () => emit(columns, [rows]),
});
EOF`;

/** A pipeline that reads what is new. */
const INCREMENTAL = `
printf 'id,at\\n1,2026-01-05\\n2,2026-01-20\\n' > orders.csv
cat > fill.oml <<'EOF'
oml_version: "0.1.0"
name: fill
steps:
  - { id: orders, component: filesystem.csv_extractor, mode: read, config: { path: orders.csv } }
  - { id: fill, component: sqlite.writer, mode: write, config: { path: shop.db, table: orders } }
EOF
osiris run fill.oml
cat > orders.oml <<'EOF'
oml_version: "0.1.0"
name: orders
steps:
  - id: extract
    component: sqlite.extractor
    mode: read
    config: { path: shop.db, table: orders, incremental: { cursor: at } }
  - { id: keep, component: filesystem.csv_writer, mode: write, config: { path: kept.csv, write_mode: append } }
EOF
osiris run orders.oml`;

/** A project with what the examples name: a pipeline that has run, its manifest, and a file of sales; a component in it, and one beside it. */
const PREPARED = `
osiris init project
cd project
osiris compile pipeline.oml
cp data/sales.csv .${INCREMENTAL}
osiris run pipeline.oml
osiris components new shop.items_extractor${CONNECTED}
osiris components lock --yes
cd ..
mkdir author
cd author
osiris components new acme.rates_extractor
cd ..
mv author/components/acme.rates_extractor .`;

/** What goes on until somebody ends it is ended when it has said where it is. */
function typed(line: string): string {
  if (!line.startsWith("osiris serve")) return line;
  return `{ ${line} >said & until grep -q http said; do sleep 0.1; done; kill $!; wait $! || [ $? = 143 ]; }`;
}

Deno.test("osiris --help shows examples that work", async (t) => {
  await using walk = await Walk.start();
  const prepared = await walk.run(`set -e${PREPARED}`);
  assert.equal(prepared.code, 0, prepared.printed);
  for (const { line } of (await describeCommands()).commands.flatMap((command) => command.examples)) {
    await t.step(line, async () => {
      const { code, printed } = await walk.run(
        `rm -rf copy && cp -R project copy && (cd copy && ${typed(line)})`,
      );
      assert.equal(code, 0, printed);
    });
  }
});

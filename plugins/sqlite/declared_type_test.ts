import assert from "node:assert/strict";
import { affinityOf, declaredFor, readType } from "./declared_type.ts";

/** Types of the engine, with what a new column for them is read as. */
const KEPT: { readonly [type: string]: string } = {
  BOOLEAN: "BOOLEAN",
  TINYINT: "BIGINT",
  BIGINT: "BIGINT",
  UBIGINT: "DECIMAL(20,0)",
  HUGEINT: "DECIMAL(38,0)",
  FLOAT: "DOUBLE",
  "DECIMAL(15,2)": "DECIMAL(15,2)",
  "DECIMAL(16,2)": "DECIMAL(16,2)",
  VARCHAR: "VARCHAR",
  "ENUM('a')": "VARCHAR",
  JSON: "JSON",
  UUID: "UUID",
  BLOB: "BLOB",
  DATE: "DATE",
  TIME: "TIME",
  TIMESTAMP_MS: "TIMESTAMP",
  TIMESTAMP_NS: "TIMESTAMP_NS",
  "TIMESTAMP WITH TIME ZONE": "TIMESTAMP WITH TIME ZONE",
};

for (const [type, read] of Object.entries(KEPT)) {
  Deno.test(`declaredFor() declares a column for ${type} that readType() takes for ${read}`, () => {
    assert.equal(readType(declaredFor(type)!), read);
  });
}

Deno.test("declaredFor() keeps numbers of more digits than SQLite's own as texts", () => {
  assert.equal(affinityOf(declaredFor("DECIMAL(15,2)")!), "numeric");
  for (const type of ["DECIMAL(16,2)", "DECIMAL(38,38)", "UBIGINT", "HUGEINT"]) {
    assert.equal(affinityOf(declaredFor(type)!), "text", type);
  }
});

Deno.test("declaredFor() has nothing for what SQLite has no word for", () => {
  for (const type of ["INTEGER[]", "STRUCT(a INTEGER)", "MAP(VARCHAR, INTEGER)", "INTERVAL", "BIT"]) {
    assert.equal(declaredFor(type), undefined, type);
  }
});

Deno.test("affinityOf() goes by SQLite's own rules, in their order", () => {
  const cases = {
    "UNSIGNED BIG INT": "integer",
    CHARINT: "integer",
    "VARYING CHARACTER(255)": "text",
    BLOB: "blob",
    "": "blob",
    "DOUBLE PRECISION": "real",
    FLOATING: "real",
    STRING: "numeric",
    "DECIMAL(10,5)": "numeric",
    ANY: "numeric",
  };
  for (const [declared, affinity] of Object.entries(cases)) {
    assert.equal(affinityOf(declared), affinity, declared);
  }
  assert.equal(affinityOf("ANY", true), "blob");
});

Deno.test("readType() leaves open what only values tell", () => {
  for (const declared of [null, "", "NUMERIC", "STRING", "DECIMAL(39,2)", "DECIMAL(2,3)"]) {
    assert.equal(readType(declared), undefined, String(declared));
  }
});

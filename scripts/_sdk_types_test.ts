import { equal } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { sdkTypes, TYPES_FILE } from "./_sdk_types.ts";

Deno.test("osiris-driver.d.ts is what src/component/sdk.ts gives", () => {
  equal(readFileSync(TYPES_FILE, "utf8"), sdkTypes(), "run 'deno run -A scripts/_sdk_types.ts'");
});

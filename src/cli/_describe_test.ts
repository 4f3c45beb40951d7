import assert from "node:assert/strict";
import { COMMANDS } from "./_commands.ts";
import { describeCommands } from "./mod.ts";

Deno.test("describeCommands() tells of every command as plain data", async () => {
  const description = await describeCommands();
  assert.deepEqual(description.commands.map((c) => c.name), COMMANDS.map((c) => c.name));
  assert.deepEqual(JSON.parse(JSON.stringify(description)), description);
});

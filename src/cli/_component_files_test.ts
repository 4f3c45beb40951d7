import { deepEqual, equal } from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import ts from "typescript";
import { newComponent } from "../component/mod.ts";
import { writeSdk } from "./_component_files.ts";

/** A folder with the SDK and a new component of each mode. */
async function inComponents(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "osiris-sdk-")));
  try {
    await writeSdk(folder);
    for (const mode of ["read", "transform", "write"] as const) {
      for (const { path, text } of await newComponent(`shop.${mode}`, mode)) {
        mkdirSync(dirname(join(folder, `shop.${mode}`, path)), { recursive: true });
        writeFileSync(join(folder, `shop.${mode}`, path), text);
      }
    }
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

Deno.test("writeSdk lets 'deno check' and 'tsc' read new components", async () => {
  await inComponents(async (folder) => {
    const drivers = ["read", "transform", "write"].map((mode) => join(folder, `shop.${mode}/driver.ts`));
    const deno = new Deno.Command(Deno.execPath(), { args: ["check", "--quiet", ...drivers], cwd: folder });
    const { code, stderr } = await deno.output();
    equal(code, 0, new TextDecoder().decode(stderr));

    const { config } = ts.readConfigFile(join(folder, "tsconfig.json"), ts.sys.readFile);
    const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, folder);
    deepEqual(fileNames.sort(), drivers);
    const faults = ts.getPreEmitDiagnostics(ts.createProgram(fileNames, options));
    deepEqual(faults.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " ")), []);
  });
});

Deno.test("writeSdk writes its types anew, and leaves an own deno.json as it is", async () => {
  await inComponents(async (folder) => {
    deepEqual((await writeSdk(folder)).kept, []);
    writeFileSync(join(folder, "osiris-driver.d.ts"), "");
    writeFileSync(join(folder, "deno.json"), "{}");
    const { written, kept } = await writeSdk(folder);
    deepEqual(written, ["osiris-driver.d.ts"]);
    deepEqual(kept, [{ file: "deno.json", needs: '"imports": { "osiris/driver": "./osiris-driver.d.ts" }' }]);
    equal(readFileSync(join(folder, "deno.json"), "utf8"), "{}");
    equal(readFileSync(join(folder, "osiris-driver.d.ts"), "utf8").includes("defineDriver"), true);
  });
});

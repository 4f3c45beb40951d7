/** A page is shown by the desktop's own program, given the page as one argument; where there is none, its path is said. */

import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { COPY } from "./_copy_pipeline.ts";
import { osiris } from "./_osiris.ts";
import { TestProject } from "./_project.ts";

const OPENER = `#!/bin/sh
printf '%s\\n' "$#" "$1" > "$OPENED"
`;

Deno.test({
  name:
    "osiris run --open writes the run's page into its session and hands it to the desktop; without one it says the path",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using project = await TestProject.create({
      "p.oml": COPY,
      "in.csv": "id\n1\n",
      "desktop; touch hacked/xdg-open": OPENER,
    });
    const desktop = project.path("desktop; touch hacked");
    await Deno.chmod(`${desktop}/xdg-open`, 0o755);
    const run = (path: string, ...args: string[]) =>
      osiris(args, { cwd: project.root, env: { PATH: path, OPENED: project.path("opened") } });

    const shown = await run(`${desktop}:/usr/bin:/bin`, "run", "p.oml", "--open", "--json");
    assert.equal(shown.code, 0, shown.stderr);
    const { report, opened, session } = JSON.parse(shown.stdout.trimEnd().split("\n").at(-1)!);
    assert.deepEqual([opened, report], [true, `${session}/report.html`]);
    assert.deepEqual((await project.read("opened")).trim().split("\n"), ["1", pathToFileURL(report).href]);
    assert.match(await Deno.readTextFile(report), /^<!DOCTYPE html>/i);

    assert.ok(session.startsWith(project.path("logs/run_")), session);

    const unshown = await run(project.path("nowhere"), "logs", "html", "--open", "--output", "a page.html");
    assert.equal(unshown.code, 0, unshown.stderr);
    assert.match(
      unshown.stderr,
      /^warning: the browser cannot be opened: there is no program 'xdg-open' here; open a page.html yourself\n$/,
    );
    assert.match(unshown.stdout, /^Wrote a page.html \(/);
  },
});

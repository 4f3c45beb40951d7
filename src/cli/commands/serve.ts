/** `osiris serve`. */

import { join } from "node:path";
import { OsirisError } from "../../diagnostic.ts";
import { openInBrowser } from "../_browser.ts";
import type { Cli } from "../_cli.ts";
import { declare } from "../_declare.ts";
import { wholeNumber } from "../_flags.ts";
import { listenOnLoopback } from "../_loopback.ts";
import { jsonLine } from "../_print.ts";
import { printable } from "../../printable.ts";
import { projectOf, shownPath } from "../_project.ts";
import { readNamedFile } from "../_read.ts";

export const serve = declare({
  name: "serve",
  summary: "show the runs of the project in a browser on this machine",
  details: [
    "Prints an address with a token that lets one browser in, once; the address of an earlier start, or one that was used, lets nobody in. Only this machine is answered, nothing can be changed, and Ctrl-C ends it.",
  ],
  arguments: {},
  flags: {
    port: { value: "N", summary: "the port to use (a free one when not given)" },
    open: { summary: "open the browser" },
    metrics_token: {
      value: "FILE",
      kind: "file",
      summary: "let a program that brings the file's text as its bearer token read /metrics",
    },
  },
  document: {
    logs: "the folder of the runs",
    url: "where the pages are, as a line of its own as soon as they can be asked for",
    token: "what lets one browser in, once: ?token=… at that address",
  },
  examples: [
    { line: "osiris serve --open", about: "Opens the list of runs." },
    { line: "osiris serve --port 8017", about: "At an address that stays the same; the token does not." },
  ],
  async run({ port, open, metrics_token }, cli) {
    const { newAccess, reportServer } = await import("../../report/mod.ts");
    const { openState } = await import("../../state/mod.ts");
    const { logs, state } = projectOf(cli);
    const known = () => openState(state).listRuns().catch(() => []);
    const { Lineages } = await import("../_engine_lineage.ts");
    await using lineages = new Lineages();
    const access = newAccess();
    let number = 0;
    const pages = reportServer({
      logs,
      access,
      port: () => number,
      known,
      lineage: (run) => lineages.of(run),
      ...(metrics_token === undefined ? {} : { metricsToken: await bearer(metrics_token, cli) }),
    });
    const opened = await listenOnLoopback(
      (request) => pages.fetch(request),
      port === undefined ? 0 : wholeNumber("--port", port),
    );
    number = opened.port;
    const url = `http://${opened.address}/`;
    const entrance = `${url}?token=${access.token}`;
    cli.out.write(
      cli.json
        ? jsonLine({ logs, url, token: access.token })
        : `Runs of ${printable(shownPath(logs, cli.cwd))}: ${entrance}\n` +
          "The address lets one browser in, once. Ctrl-C ends the server.\n",
    );
    const end = interrupted(cli.interruption.signal);
    {
      await using _ = open ? await openedBrowser(entrance, cli) : undefined;
      await end;
    }
    await pages.close();
    await opened.close();
    return { document: { logs, url }, compact: true };
  },
});

/** Opens the browser with a file that only this person can read and that leads on; it goes with the block. */
async function openedBrowser(entrance: string, cli: Cli): Promise<AsyncDisposable> {
  const folder = await Deno.makeTempDir({ prefix: "osiris-open-" });
  const file = join(folder, "runs.html");
  await Deno.writeTextFile(file, `<!doctype html><meta http-equiv="refresh" content="0;url=${entrance}">\n`, {
    mode: 0o600,
  });
  void openInBrowser(file).then((trouble) => {
    if (trouble === undefined) return;
    cli.err.write(`Cannot open the browser: ${trouble}; open the address above yourself\n`);
  });
  return { [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
}

/** The token in a file. A short one could be guessed. */
async function bearer(file: string, cli: Cli): Promise<string> {
  const token = new TextDecoder().decode(await readNamedFile(cli, file)).trim();
  if (/^[\x21-\x7e]{32,}$/.test(token)) return token;
  throw new OsirisError(
    "CLI804",
    `Cannot use '${
      printable(file)
    }' as --metrics-token: it should be one line of 32 letters and digits or more`,
    { category: "usage", help: `make one with: openssl rand -hex 32 > ${printable(file)}` },
  );
}

function interrupted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

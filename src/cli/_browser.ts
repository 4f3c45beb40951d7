/**
 * Opening a page in the person's browser.
 *
 * The page is always a file: an address with a token would stand in the list of processes, for everybody on the
 * machine to read.
 *
 * @module
 */

import { pathToFileURL } from "node:url";
import { systemReason } from "./_system_reason.ts";

const OPENERS: { readonly [os: string]: readonly [string, ...string[]] } = {
  darwin: ["open"],
  windows: ["rundll32.exe", "url.dll,FileProtocolHandler"],
};

/** Asks the desktop to show a page that lies in a file; gives the reason when it does not, and undefined when it does. */
export async function openInBrowser(file: string): Promise<string | undefined> {
  const [program, ...args] = OPENERS[Deno.build.os] ?? ["xdg-open"];
  try {
    const { success, code } = await new Deno.Command(program, {
      args: [...args, pathToFileURL(file).href],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
    return success ? undefined : `'${program}' failed with exit code ${code}`;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return `there is no program '${program}' here`;
    return `'${program}' cannot be started: ${systemReason(error) ?? String(error)}`;
  }
}

/**
 * One command line from its words to its exit code.
 *
 * @module
 */

import { readCommandLine, type Request, wantsJson } from "./_arguments.ts";
import type { Answer } from "./_answer.ts";
import { COMMANDS } from "./_commands.ts";
import { helpText } from "./_help.ts";
import { Interruption } from "./_interruption.ts";
import { answerTo, printAnswer } from "./_print.ts";
import { SHOW_CURSOR, streamTo } from "./_terminal.ts";
import { VERSION } from "./_version.ts";

/** Runs it. The promise is fulfilled with the exit code, also when a second Ctrl-C leaves work behind. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  const out = streamTo(Deno.stdout);
  const err = streamTo(Deno.stderr);
  const manner = { json: wantsJson(args), quiet: false, debug: false };
  let request: Request;
  try {
    request = readCommandLine(args, COMMANDS);
  } catch (error) {
    return await printAnswer("", answerTo("", error, manner.debug), manner, { out, err });
  }
  if (request.kind === "version") {
    out.write(`osiris ${VERSION}\n`);
    return 0;
  }
  if (request.kind === "help") {
    const text = helpText(request.topic, COMMANDS, out);
    return await printAnswer("help", { document: { topic: request.topic, text }, text }, manner, {
      out,
      err,
    });
  }
  const interruption = new Interruption();
  const done = finish(request, interruption, { out, err });
  const impatient = interruption.impatient.then((exit) => {
    if (out.live) out.write(SHOW_CURSOR);
    return exit;
  });
  return await Promise.race([done, impatient]);
}

async function finish(
  { command, input, globals }: Request & { kind: "command" },
  interruption: Interruption,
  { out, err }: { out: ReturnType<typeof streamTo>; err: ReturnType<typeof streamTo> },
): Promise<number> {
  const cli = { cwd: Deno.cwd(), ...globals, out, err, interruption };
  let answer: Answer;
  try {
    answer = await command.run(input, cli);
  } catch (error) {
    answer = answerTo(command.name, error, globals.debug);
  }
  const exit = await printAnswer(command.name, answer, globals, { out, err });
  return interruption.exit ?? exit;
}

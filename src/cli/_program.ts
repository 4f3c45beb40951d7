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
import { answerTo, printAnswer, reportUnwritten } from "./_print.ts";
import { SHOW_CURSOR, type Stream, streamTo } from "./_terminal.ts";
import { versionAnswer } from "./commands/version.ts";

interface Streams {
  readonly out: Stream;
  readonly err: Stream;
}

/** Runs it. The promise is fulfilled with the exit code, also when a second Ctrl-C leaves work behind. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  const streams = { out: streamTo(Deno.stdout), err: streamTo(Deno.stderr) };
  const manner = { json: wantsJson(args), quiet: false, debug: false };
  let request: Request;
  try {
    request = readCommandLine(args, COMMANDS);
  } catch (error) {
    return await printAnswer("", answerTo("", error, manner.debug), manner, streams);
  }
  if (request.kind === "command") return await commandEnded(request, streams);
  const [name, answer] = request.kind === "version"
    ? ["version", await versionAnswer()] as const
    : ["help", helpAnswer(request.topic, streams.out)] as const;
  return reportUnwritten(name, await printAnswer(name, answer, manner, streams), streams);
}

function helpAnswer(topic: string, out: Stream): Answer {
  const text = helpText(topic, COMMANDS, out);
  return { document: { topic, text }, text };
}

async function commandEnded(request: Request & { kind: "command" }, { out, err }: Streams): Promise<number> {
  const interruption = new Interruption();
  const done = finish(request, interruption, { out, err });
  // The second signal may end the process without asking, and must not leave a terminal without a cursor.
  interruption.onFirst(() => out.live && out.write(SHOW_CURSOR));
  return await Promise.race([done, interruption.impatient]);
}

async function finish(
  { command, input, globals }: Request & { kind: "command" },
  interruption: Interruption,
  { out, err }: Streams,
): Promise<number> {
  const cli = { cwd: Deno.cwd(), ...globals, out, err, interruption };
  let answer: Answer;
  try {
    answer = await command.run(input, cli);
  } catch (error) {
    answer = answerTo(command.name, error, globals.debug);
  }
  const exit = await printAnswer(command.name, answer, globals, { out, err });
  return interruption.exit ?? reportUnwritten(command.name, exit, { out, err });
}

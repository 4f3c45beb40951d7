/** Starts a program with the event on its standard input. @module */

import { demandTexts } from "./_config.ts";
import { type Config, documentOf, failed, type HookSurroundings, type Opened } from "./_opened.ts";

export function openCommand(config: Config, { root }: HookSurroundings): Opened {
  const command = demandTexts(config, "command");
  return {
    touches: { commands: [command] },
    async act(told, { start }) {
      const code = await start(command, { cwd: root, input: `${documentOf(told)}\n`, signal: told.signal });
      if (code === 0) return;
      throw failed(
        `Cannot run '${command[0]}': it ended with exit code ${code}`,
        "run it by hand to see why",
      );
    },
  };
}

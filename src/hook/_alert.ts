/** Says an event loudly. @module */

import { textIn } from "./_config.ts";
import { type Config, type Opened } from "./_opened.ts";
import { filled, sentenceOf } from "./_words.ts";

export function openAlert(config: Config): Opened {
  const message = textIn(config, "message");
  return {
    touches: {},
    act(told, { warn }) {
      warn(message === undefined ? sentenceOf(told) : filled(message, told));
      return Promise.resolve();
    },
  };
}

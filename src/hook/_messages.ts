/**
 * Messages as chat programs take them. No value becomes markup: a name or an error in them cannot link, mention or
 * format anything.
 *
 * @module
 */

import { documentOf, type Told } from "./_opened.ts";
import { sentenceOf } from "./_words.ts";

/** The longest text that is shown of an event. */
const LONGEST = 2000;

/** What a webhook sends. */
export function bodyFor(template: string, told: Told): string {
  switch (template) {
    case "slack":
      return JSON.stringify(slackMessage(told));
    case "teams":
      return JSON.stringify(teamsMessage(told));
    default:
      return documentOf(told);
  }
}

/** https://api.slack.com/reference/block-kit/blocks: `plain_text` has no markup; the fallback text needs its three signs escaped. */
function slackMessage(told: Told): unknown {
  const said = sentenceOf(told).slice(0, LONGEST);
  const text = said.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const plain = (text: string) => ({ type: "plain_text", text, emoji: false });
  return {
    text,
    blocks: [
      { type: "section", text: plain(said) },
      { type: "context", elements: [plain(`${told.run.session_id} · ${told.event.event_type}`)] },
    ],
  };
}

/** https://adaptivecards.io/explorer/: text runs have no markup. */
function teamsMessage(told: Told): unknown {
  const block = (text: string, style: object) => ({
    type: "RichTextBlock",
    inlines: [{ type: "TextRun", text, ...style }],
  });
  return {
    type: "message",
    attachments: [{
      contentType: "application/vnd.microsoft.card.adaptive",
      content: {
        $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
        type: "AdaptiveCard",
        version: "1.4",
        body: [
          block(sentenceOf(told).slice(0, LONGEST), { weight: "Bolder" }),
          block(`${told.run.session_id} · ${told.event.event_type}`, { isSubtle: true }),
        ],
      },
    }],
  };
}

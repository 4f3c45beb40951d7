/** What a secret looks like when nobody says that it is one. @module */

/** A stretch of a text that has the shape of a secret. Its value is deliberately not here. */
export interface SecretShape {
  /** Such as "a GitHub token". */
  readonly kind: string;
  readonly index: number;
  readonly length: number;
}

/** Shapes with few chance matches; where a group is named `secret`, it alone is the secret. */
const SHAPES: readonly (readonly [kind: string, pattern: RegExp])[] = [
  ["a password inside a URL", /:\/\/[^\s:/?#@"'`<>\\]{0,128}:(?<secret>[^\s/@"'`<>]{1,256})@/dg],
  ["an AWS access key", /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/dg],
  [
    "an AWS secret key",
    /\baws_?secret(?:_?access)?_?key["']?\s{0,8}[:=]\s{0,8}["']?(?<secret>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])/dgi,
  ],
  ["a GitHub token", /\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255})\b/dg],
  ["a Slack token", /\bx(?:ox[abeoprs]|app)-[0-9A-Za-z-]{10,255}/dg],
  ["a Slack webhook", /hooks\.slack\.com\/(?<secret>(?:services|workflows)\/[A-Za-z0-9_/]{20,255})/dg],
  ["a Google key", /\bAIza[0-9A-Za-z_-]{35}(?![0-9A-Za-z_-])/dg],
  ["a Google client secret", /\bGOCSPX-[0-9A-Za-z_-]{20,64}/dg],
  ["a Stripe key", /\b(?:[sr]k_(?:live|test)_[0-9A-Za-z]{16,255}|whsec_[0-9A-Za-z+/]{24,255})/dg],
  [
    "an OpenAI key",
    /(?<![\w-])sk-(?:proj|svcacct|admin|None)-[0-9A-Za-z_-]{20,512}|(?<![\w-])sk-[0-9A-Za-z]{32,128}(?![\w-])/dg,
  ],
  ["an Anthropic key", /(?<![\w-])sk-ant-[0-9A-Za-z_-]{20,512}/dg],
  ["a JSON Web Token", /\beyJ[0-9A-Za-z_-]{8,4096}\.eyJ[0-9A-Za-z_-]{8,8192}\.[0-9A-Za-z_-]{16,1024}/dg],
  ["a private key", /-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----/dg],
];

/** Something that stands for a password instead of being one. */
const PLACEHOLDER = /^(?:\$\{[^}]*\}|\$[A-Za-z_]+|\*+|\.+|x{3,}|\{[^}]*\}|%[sd])$/i;

/** Every stretch of `text` that has the shape of a secret, in the order of the text. */
export function findSecrets(text: string): readonly SecretShape[] {
  const found: SecretShape[] = [];
  for (const [kind, pattern] of SHAPES) {
    for (const match of text.matchAll(pattern)) {
      const [from, to] = match.indices?.groups?.["secret"] ?? match.indices![0]!;
      if (!PLACEHOLDER.test(text.slice(from, to))) found.push({ kind, index: from, length: to - from });
    }
  }
  return found.sort((a, b) => a.index - b.index);
}

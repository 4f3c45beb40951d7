/** YAML that is readable, with SQL as block text, and read alike by every reader. @module */

import { canonicalJson } from "./_canonical_json.ts";

/** One `key: value` of a map as YAML, with its line end. */
export function yamlEntry(key: string, value: unknown, indent: string): string {
  const name = PLAIN_KEY.test(key) && !RESERVED.test(key) ? key : quoted(key);
  return `${indent}${name}:${yamlValue(value, indent)}`;
}

/** A value as it stands after `key:` or `-`, with its line end. */
function yamlValue(value: unknown, indent: string): string {
  if (Array.isArray(value)) {
    if (value.length === 0) return " []\n";
    if (value.every((item) => item === null || typeof item !== "object")) {
      return ` [${value.map(scalar).join(", ")}]\n`;
    }
    return "\n" + value.map((item) => `${indent}  -${yamlItem(item, `${indent}    `)}`).join("");
  }
  if (value !== null && typeof value === "object") {
    const entries = Object.entries(value);
    if (entries.length === 0) return " {}\n";
    return "\n" + entries.map(([key, item]) => yamlEntry(key, item, `${indent}  `)).join("");
  }
  return typeof value === "string" && value.includes("\n") && BLOCK.test(value)
    ? block(value, `${indent}  `)
    : ` ${scalar(value)}\n`;
}

/** A map or list inside a list starts on the line of its dash. */
function yamlItem(item: unknown, indent: string): string {
  const text = yamlValue(item, indent.slice(2));
  return text.startsWith("\n") ? " " + text.slice(1 + indent.length) : text;
}

const PLAIN_KEY = /^[A-Za-z_][A-Za-z0-9_.-]*$/;
const PLAIN_TEXT = /^[A-Za-z_/.$][A-Za-z0-9_ /.@$+=()*<>-]*$/;
/** Words that some YAML reader takes for something else than text. */
const RESERVED = /^(?:true|false|null|yes|no|on|off|y|n|\.inf|\.nan)$/i;
/** Several lines without anything unprintable, the first of them not indented: what a block holds exactly. */
const BLOCK = /^[^\s\p{Cc}](?:[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}\ufeff\ufffe\uffff]|[\n\t])*$/u;

function block(text: string, indent: string): string {
  const ends = text.endsWith("\n");
  const body = ends ? text.slice(0, -1) : text;
  if (body.endsWith("\n") || body.split("\n").at(-1)!.trim() === "") return ` ${quoted(text)}\n`;
  return ` ${ends ? "|" : "|-"}\n` +
    body.split("\n").map((line) => (line === "" ? "" : indent + line) + "\n").join("");
}

function scalar(value: unknown): string {
  if (typeof value !== "string") return canonicalJson(value);
  const plain = PLAIN_TEXT.test(value) && !RESERVED.test(value) && !value.endsWith(" ") &&
    !/^[.]+[0-9]|^[.]+$/.test(value);
  return plain ? value : quoted(value);
}

/** Double-quoted YAML: JSON's escapes, and those characters that YAML calls unprintable. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (char) => "\\u" + char.charCodeAt(0).toString(16).padStart(4, "0"),
  );
}

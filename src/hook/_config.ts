/** What a hook's configuration holds; a manifest may have been written by hand. @module */

import { type Config, unusable } from "./_opened.ts";

/** The text at `key`, when there is one. */
export function textIn(config: Config, key: string): string | undefined {
  const value = config[key];
  if (value === undefined || typeof value === "string") return value;
  throw unusable(`'${key}' is no text`, "compile the pipeline again");
}

/** The text at `key`. */
export function demandText(config: Config, key: string): string {
  const text = textIn(config, key);
  if (text === undefined) throw unusable(`'${key}' is missing`, "compile the pipeline again");
  return text;
}

/** The whole number at `key`, from 1. */
export function numberIn(config: Config, key: string): number | undefined {
  const value = config[key];
  if (value === undefined || (Number.isInteger(value) && value as number >= 1)) {
    return value as number | undefined;
  }
  throw unusable(`'${key}' is no whole number from 1`, "compile the pipeline again");
}

/** The texts at `key`, at least one. */
export function demandTexts(config: Config, key: string): string[] {
  const value = config[key];
  const texts = Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
  if (texts.length > 0 && texts.length === (value as unknown[]).length) return texts;
  throw unusable(`'${key}' is no list of texts`, "compile the pipeline again");
}

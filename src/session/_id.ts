/** Names that become names on disk: a session's id, a step's folder, an artifact's file. */

import { OsirisError } from "../diagnostic.ts";

const SESSION_ID = /^run_(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z_[0-9a-z]{6}$/;
const STEP_ID = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
const ARTIFACT_NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
/** Names that Windows keeps for devices, with any ending. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/**
 * A fresh session id: when it started, and six characters that keep runs of one second apart.
 *
 * @param random A number from 0 up to but not including 1.
 *
 * @example
 * ```ts
 * newSessionId(new Date("2026-01-15T10:00:00Z"), Math.random); // "run_20260115T100000Z_k3f9qa"
 * ```
 */
export function newSessionId(now: Date, random: () => number): string {
  const moment = now.toISOString().replace(/\.\d+Z$/, "Z").replaceAll(/[-:]/g, "");
  const suffix = Array.from({ length: 6 }, () => Math.floor(random() * 36).toString(36)).join("");
  return `run_${moment}_${suffix}`;
}

/** Whether a name is a session id, and so the name of a session's folder. */
export function isSessionId(name: string): boolean {
  return SESSION_ID.test(name);
}

/** When a session began, as its id says; undefined when it is no session id. */
export function startOfId(id: string): string | undefined {
  const [, year, month, day, hour, minute, second] = SESSION_ID.exec(id) ?? [];
  return year === undefined ? undefined : `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
}

/** The part of an id that tells in which second the session began: a later one compares greater. */
export function secondOfId(id: string): string {
  return id.slice(0, id.lastIndexOf("_"));
}

/** Refuses what is not a session id. */
export function requireSessionId(id: string): void {
  if (!isSessionId(id)) throw badName("Cannot create a session", id, "run_<date>T<time>Z_<six characters>");
}

/** Refuses what could leave the step's own folder. */
export function requireStepId(step: string): void {
  if (!STEP_ID.test(step)) {
    throw badName(
      "Cannot keep an artifact of a step",
      step,
      "letters, digits, '_' and '-', starting with a letter",
    );
  }
}

/** Refuses what is not a plain file name on every system. */
export function requireArtifactName(name: string): void {
  if (!ARTIFACT_NAME.test(name) || name.endsWith(".") || DEVICE.test(name)) {
    throw badName("Cannot keep an artifact", name, "a plain file name of letters, digits, '.', '_' and '-'");
  }
}

function badName(attempt: string, is: string, shouldBe: string): OsirisError {
  return new OsirisError(
    "SES703",
    `${attempt}: its name is ${JSON.stringify(is.slice(0, 80))}, and should be ${shouldBe}`,
  );
}

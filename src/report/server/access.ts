/**
 * Who may look: whoever was shown the address that the command printed, once, and from then on the browser that
 * came with it.
 *
 * What must stay true: a token works one time; neither it nor the cookie is kept anywhere but in this process and
 * that browser; how long a comparison takes says nothing about what was compared.
 *
 * @module
 */

import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** What lets a person in; made anew for each start of the server. */
export interface Access {
  /** What the printed address carries. */
  readonly token: string;
  /** The cookie's value for who brings the token first; undefined for everybody else. */
  redeem(token: string): string | undefined;
  /** Whether this is the value of the cookie that was given out. */
  admits(cookie: string | undefined): boolean;
}

/** Access for one start of the server. */
export function newAccess(): Access {
  const token = secret();
  const cookie = secret();
  let used = false;
  return {
    token,
    redeem(presented) {
      if (!same(presented, token) || used) return undefined;
      used = true;
      return cookie;
    },
    admits: (presented) => used && presented !== undefined && same(presented, cookie),
  };
}

/** Whether two texts are equal, in a time that depends on neither. */
export function same(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b));
}

function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}

/** 256 bits that cannot be guessed, as they may stand in an address. */
function secret(): string {
  return randomBytes(32).toString("base64url");
}

/**
 * What every answer says about itself, errors too: a page runs and loads nothing but what carries its nonce, is
 * framed by nobody else, kept by no cache, and tells no other site where it was.
 *
 * @module
 */

import type { Context, Next } from "hono";
import { randomBytes } from "node:crypto";

/** What the answers of the server know of their request. */
export interface Env {
  Variables: {
    /** Lets the page's own style and script run, and nothing else. */
    nonce: string;
    /** Whether the answer is to be shown in a frame of our own page, as what strangers' files look like. */
    framed: boolean;
  };
}

/** A request on its way through the server. */
export type Asked = Context<Env>;

/** Sets the headers of every answer, however it came about. */
export async function guardAnswers(c: Asked, next: Next): Promise<void> {
  c.set("nonce", randomBytes(16).toString("base64"));
  c.set("framed", false);
  await next();
  const { headers } = c.res;
  const framed = c.get("framed");
  headers.set(
    "Content-Security-Policy",
    framed ? policyOfPreview(c.get("nonce")) : policyOfPage(c.get("nonce")),
  );
  headers.set("X-Content-Type-Options", "nosniff");
  headers.set("X-Frame-Options", framed ? "SAMEORIGIN" : "DENY");
  headers.set("Referrer-Policy", "no-referrer");
  headers.set("Cache-Control", "no-store");
  headers.set("Cross-Origin-Opener-Policy", "same-origin");
  headers.set("Cross-Origin-Resource-Policy", "same-origin");
  headers.set("Permissions-Policy", "camera=(), geolocation=(), microphone=()");
}

function policyOfPage(nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
    "img-src data:",
    "connect-src 'self'",
    "frame-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

/** For what is shown of a file: no script at all, and an origin of its own. */
function policyOfPreview(nonce: string): string {
  return [
    "sandbox",
    "default-src 'none'",
    `style-src 'nonce-${nonce}'`,
    "img-src data:",
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'self'",
  ].join("; ");
}

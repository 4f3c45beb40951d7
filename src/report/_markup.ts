import type { JSX } from "hono/jsx/jsx-runtime";

/** What a component of a page gives: markup in which every text is escaped, or nothing. */
export type Markup = JSX.Element | null;

import type { JSX } from "hono/jsx/jsx-runtime";

/** What a component of a page gives: markup in which every text is escaped. */
export type Markup = JSX.Element;

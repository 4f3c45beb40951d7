/** What the manifest that ran says, as far as it can be read: it was checked when it ran, so its fingerprints are not computed again. */

import { parse } from "yaml";
import type { Manifest } from "../manifest.ts";
import { isRecorded, mapsAt, textAt } from "./_recorded.ts";

/** A manifest of which any part may be missing. */
export type ManifestView = { readonly [K in keyof Manifest]?: unknown } & {
  readonly steps: readonly { readonly id: string; readonly [key: string]: unknown }[];
};

const NOTHING: ManifestView = { steps: [] };

/** The content of a session's `manifest.yaml`; one without steps when it cannot be read. */
export function manifestOf(text: string | undefined): ManifestView {
  if (text === undefined) return NOTHING;
  try {
    const value: unknown = parse(text, { maxAliasCount: 0, logLevel: "silent" });
    if (!isRecorded(value)) return NOTHING;
    const steps = mapsAt(value, "steps").flatMap((step) => {
      const id = textAt(step, "id");
      return id === undefined ? [] : [{ ...step, id }];
    });
    return { ...value, steps };
  } catch {
    return NOTHING;
  }
}

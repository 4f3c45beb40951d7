/** What the manifest that ran says, as far as it can be read: it was checked when it ran, so its fingerprints are not computed again. */

import { CORE_SCHEMA, load } from "js-yaml";
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
    const value = valueOf(text);
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

/** What may be an anchor or an alias: none of ours has one, and a text that is full of them could be made to fill the memory. */
const ALIAS = /(?:^|[\s[{,])[&*][^\s]/m;

/** The value of a YAML text; by the library that needs a tenth of the time where the text is as we write it. */
function valueOf(text: string): unknown {
  return ALIAS.test(text)
    ? parse(text, { maxAliasCount: 0, logLevel: "silent" })
    : load(text, { schema: CORE_SCHEMA });
}

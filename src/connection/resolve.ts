/** The values of one connection, read at the last moment and for one driver. @module */

import { OsirisError } from "../diagnostic.ts";
import type { ConnectionIndex, ConnectionUse } from "./_shapes.ts";
import { coerced, fieldSources } from "./_use.ts";
import type { Environment } from "./environment.ts";
import { findSecrets } from "./secret_shapes.ts";

/** What a driver receives, and which texts in it must never be shown. */
export interface ResolvedConnection {
  readonly values: { readonly [field: string]: unknown };
  readonly secrets: readonly string[];
}

/**
 * Resolves a connection field by field: the step's own value > the alias > the family's default alias >
 * `OSIRIS_<FAMILY>_<FIELD>` > the spec's default. Throws an {@linkcode OsirisError} (CON3xx, category
 * `usage`) that carries the findings when there are any; no message repeats a value.
 */
export function resolveConnection(
  index: ConnectionIndex,
  env: Environment,
  use: ConnectionUse,
): ResolvedConnection {
  const { diagnostics, step } = index.check(use);
  const first = diagnostics[0] ?? step[0];
  if (first) {
    const message = diagnostics[0]?.message ??
      `Cannot use the connection of family '${use.spec.family}': ${first.message}`;
    throw new OsirisError(first.code, message, { category: "usage", help: first.help, diagnostics });
  }
  const fields = fieldSources(index, env, use).map(({ name, schema, value }) => {
    const typed = coerced(value, schema);
    if (typed === undefined) {
      const help = "correct the variable or the field it comes from";
      throw new OsirisError(
        "CON305",
        `Cannot use the connection of family '${use.spec.family}': '${name}' is no ${schema.type}`,
        { category: "usage", help },
      );
    }
    return { name, schema, value: typed };
  });
  return {
    values: Object.fromEntries(fields.map(({ name, value }) => [name, value])),
    secrets: [
      ...new Set(fields.flatMap(({ name, schema, value }) => secretsIn(name, schema.secret === true, value))),
    ],
  };
}

/** Fields that are secret whatever a spec forgot to say. */
const SECRET_NAME =
  /pass(?:word|phrase|wd)?$|pwd$|secret|token|api_?key|private_?key|access_?key|credential/i;

function secretsIn(name: string, isSecret: boolean, value: unknown): string[] {
  const texts = textsIn(value);
  return isSecret || SECRET_NAME.test(name) ? texts : texts.flatMap(shapedSecrets);
}

function shapedSecrets(text: string): string[] {
  return findSecrets(text).map(({ index, length }) => text.slice(index, index + length));
}

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return value === "" ? [] : [value];
  if (typeof value === "number") return [String(value)];
  return value !== null && typeof value === "object" ? Object.values(value).flatMap(textsIn) : [];
}

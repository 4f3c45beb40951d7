import { checkField, fits, isObject, type Problem, unknownKeys } from "./_fields.ts";
import { type ComponentSpec, type FieldSchema, overridable, type Rule } from "./spec.ts";

/** The text of a reference to a connection. */
const REFERENCE: FieldSchema = { type: "string", minLength: 1 };

/** A step's configuration with defaults filled in, beside everything wrong with it. */
export interface CheckedConfig {
  readonly value: Record<string, unknown>;
  readonly problems: readonly Problem[];
}

/**
 * Fills defaults in and checks a step's configuration: unknown fields, types, ranges, choices,
 * required fields and the conditions between them. A text that contains `${` stands for a value that
 * is known later.
 *
 * @example
 * ```ts
 * checkConfig(spec, { path: "data/sales.csv", delimeter: ";" }).problems;
 * // [{ path: ["delimeter"], at: "key", message: "there is no field 'delimeter'", help: "did you mean 'delimiter'?" }]
 * ```
 */
export function checkConfig(spec: ComponentSpec, config: Readonly<Record<string, unknown>>): CheckedConfig {
  const fields = knownFields(spec);
  const value = withDefaults(spec.config.properties, config);
  const problems = [
    ...unknownKeys(config, Object.keys(fields), []),
    ...missing(spec, config),
    ...Object.entries(config).flatMap(([key, given]) =>
      Object.hasOwn(fields, key) ? checkField(fields[key]!, given, [key]) : []
    ),
    ...spec.rules.flatMap((rule) => broken(rule, value, config)),
  ];
  return { value, problems };
}

/** Every field a step may give: the component's, the connection and what may be overridden of it. */
function knownFields(spec: ComponentSpec): Record<string, FieldSchema> {
  const fields: Record<string, FieldSchema> = { ...spec.config.properties };
  if (spec.connection === undefined) return fields;
  fields["connection"] = REFERENCE;
  for (const name of overridable(spec.connection)) fields[name] = spec.connection.fields[name]!;
  return fields;
}

function withDefaults(
  fields: Readonly<Record<string, FieldSchema>>,
  given: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const value: Record<string, unknown> = { ...given };
  for (const [name, field] of Object.entries(fields)) {
    if (!Object.hasOwn(value, name) && field.default !== undefined) {
      value[name] = structuredClone(field.default);
    }
    const child = value[name];
    if (field.properties !== undefined && isObject(child)) {
      value[name] = withDefaults(field.properties, child);
    }
  }
  return value;
}

function missing(spec: ComponentSpec, config: object): Problem[] {
  return (spec.config.required ?? []).filter((name) => !Object.hasOwn(config, name)).map((name) => {
    const example = spec.config.properties[name]?.examples?.[0];
    return {
      path: [],
      at: "value",
      message: `'${name}' is missing`,
      help: example === undefined
        ? `add \`${name}\``
        : `add \`${name}\`, for example \`${name}: ${JSON.stringify(example)}\``,
    };
  });
}

/** What a rule finds. Its `when` looks at values with defaults, its demands at what was given. */
function broken(
  rule: Rule,
  value: Record<string, unknown>,
  given: Readonly<Record<string, unknown>>,
): Problem[] {
  const conditions = Object.entries(rule.when);
  const applies = conditions.every(([name, schema]) =>
    Object.hasOwn(value, name) && fits(schema, value[name])
  );
  if (!applies) return [];
  const cause = conditions.map(([name]) => name).find((name) => Object.hasOwn(given, name));
  const say = (path: readonly string[], at: Problem["at"]): Problem => ({
    path,
    at,
    message: rule.message,
    ...(rule.help === undefined ? {} : { help: rule.help }),
  });
  const values = (rule.differ ?? []).flatMap((name) => Object.hasOwn(value, name) ? [value[name]] : []);
  const alike = new Set(values).size < values.length;
  const culprit = (rule.differ ?? []).find((name) => Object.hasOwn(given, name));
  const lacking = (rule.require ?? []).some((name) => !Object.hasOwn(value, name));
  return [
    ...(alike ? [say(culprit === undefined ? [] : [culprit], "value")] : []),
    ...(lacking ? [say(cause === undefined ? [] : [cause], "value")] : []),
    ...(rule.forbid ?? []).filter((name) => Object.hasOwn(given, name)).map((name) => say([name], "key")),
    ...Object.entries(rule.then ?? {})
      .filter(([name, schema]) => Object.hasOwn(value, name) && checkField(schema, value[name]).length > 0)
      .map(([name]) => say(Object.hasOwn(given, name) ? [name] : [], "value")),
  ];
}

/** The spec of a component that is made for one test. @module */

const PLAIN: Readonly<Record<string, string>> = {
  name: "test.made",
  version: "1.0.0",
  title: "Made by a test",
  description: "Made by a test",
  status: "experimental",
  modes: "[read, transform, write]",
  permissions: "{}",
  config: "{ type: object, properties: {} }",
  examples: "[{ title: Nothing, mode: read, config: {} }]",
};

/** The text of a spec that may touch nothing; `fields`, each as YAML, go before its own. */
export function specText(fields: Readonly<Record<string, string>> = {}): string {
  return Object.entries({ ...PLAIN, ...fields }).map(([key, yaml]) => `${key}: ${yaml}\n`).join("");
}

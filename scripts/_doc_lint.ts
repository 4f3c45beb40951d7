/**
 * Whether the doors are documented: each `mod.ts` and the SDK open with why they exist and an example,
 * and everything they export says what it is for. (`deno doc --lint` asks for more, a sentence on each
 * field, and so gets sentences that say nothing.)
 *
 * @module
 */

import { relative } from "node:path";
import { fileURLToPath } from "node:url";

/** What is asked of `deno doc --json`. */
export interface DocNode {
  readonly kind: string;
  readonly name: string;
  readonly declarationKind: string;
  readonly location: { readonly filename: string; readonly line: number };
  readonly jsDoc?: { readonly doc?: string; readonly tags?: readonly { kind: string; doc?: string }[] };
}

/** Every fault of the doors in `root`, as a line that names file, rule and mend. */
export async function lintDocs(root: string, doors: readonly string[]): Promise<string[]> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--quiet", "--json", ...doors],
    cwd: root,
    stdin: "null",
  }).output();
  if (code !== 0) return [new TextDecoder().decode(stderr)];
  const { nodes } = JSON.parse(new TextDecoder().decode(stdout)) as { nodes: DocNode[] };
  return judgeDocs(root, doors, nodes);
}

/** What is wrong with these doors, given all that they export. */
export function judgeDocs(root: string, doors: readonly string[], nodes: readonly DocNode[]): string[] {
  const place = (node: DocNode) =>
    relative(root, fileURLToPath(node.location.filename)).replaceAll("\\", "/");
  const faults = new Set<string>();
  for (const door of doors) {
    const opening = nodes.find((node) => node.kind === "moduleDoc" && place(node) === door);
    const example = opening?.jsDoc?.tags?.some((tag) => tag.kind === "example" && tag.doc?.includes("```ts"));
    if (!opening?.jsDoc?.doc) faults.add(`${door}: no opening; say why it exists and what must stay true`);
    if (!example) faults.add(`${door}: no example; add an @example with a ts block to the opening`);
  }
  for (const node of nodes) {
    const exported = node.declarationKind === "export" &&
      !["moduleDoc", "import", "reference"].includes(node.kind);
    if (!exported || node.jsDoc?.doc || !/\.tsx?$/.test(place(node))) continue;
    faults.add(
      `${place(node)}:${node.location.line}: '${node.name}' is exported without a word; say what it is for`,
    );
  }
  return [...faults].sort();
}

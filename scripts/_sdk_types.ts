/**
 * Writes the types of `osiris/driver`, with their documentation, into one file for authors' editors:
 * `deno run -A scripts/_sdk_types.ts`. Run it after changing what `src/component/sdk.ts` gives.
 *
 * TypeScript emits the declarations of each file; this script only follows the imports from the door and
 * lays every declaration that it reaches into one file, the exported ones with `export`.
 *
 * @module
 */

import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const DOOR = fileURLToPath(new URL("../src/component/sdk.ts", import.meta.url));

/** Where the types are kept; the binary carries them. */
export const TYPES_FILE: string = join(dirname(DOOR), "assets/osiris-driver.d.ts");

/** The text of the types' file. */
export function sdkTypes(): string {
  const reached = new Map<string, string>();
  const door = moduleAt(DOOR);
  for (const [name, found] of exportsOf(door)) reach(name, found, reached);
  const types = [...door.typesOnly].filter((name) =>
    ts.isClassDeclaration(declaring(door, name).declared.get(name)!)
  );
  return [HEAD, door.opening, ...reached.values(), `export type { ${types.join(", ")} };\n`].join("\n\n");
}

const HEAD =
  `// The types of "osiris/driver", as 'osiris components sdk' writes them. Change nothing: it is written anew.`;

/** What stands in one file, declarations only. */
interface Module {
  readonly file: string;
  readonly source: ts.SourceFile;
  /** The comment on top. */
  readonly opening: string;
  readonly declared: ReadonlyMap<string, ts.Statement>;
  /** Local names that come from other files: the file. */
  readonly imported: ReadonlyMap<string, string>;
  /** Names that it gives from other files: the file. */
  readonly passedOn: ReadonlyMap<string, string>;
  /** Those of them that it gives as types: a class among them cannot be made by who gets it. */
  readonly typesOnly: ReadonlySet<string>;
}

const modules = new Map<string, Module>();

function moduleAt(file: string): Module {
  const known = modules.get(file) ?? readModule(file);
  modules.set(file, known);
  return known;
}

function readModule(file: string): Module {
  const emitted = ts.transpileDeclaration(readFileSync(file, "utf8"), {
    fileName: file,
    compilerOptions: { target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.Preserve, stripInternal: true },
  });
  const source = ts.createSourceFile(file, emitted.outputText, ts.ScriptTarget.ESNext, true);
  const declared = new Map<string, ts.Statement>();
  const imported = new Map<string, string>();
  const passedOn = new Map<string, string>();
  const typesOnly = new Set<string>();
  for (const statement of source.statements) {
    if (ts.isImportDeclaration(statement)) {
      for (const name of namesIn(statement.importClause?.namedBindings)) {
        imported.set(name, target(statement, file));
      }
    } else if (ts.isExportDeclaration(statement)) {
      for (const name of namesIn(statement.exportClause)) {
        passedOn.set(name, target(statement, file));
        if (statement.isTypeOnly) typesOnly.add(name);
      }
    } else for (const name of namesOf(statement)) declared.set(name, statement);
  }
  const opening = /^\/\*\*[^]*?\*\//.exec(emitted.outputText)?.[0] ?? "";
  return { file, source, opening, declared, imported, passedOn, typesOnly };
}

function namesIn(bindings: ts.NamedImportBindings | ts.NamedExportBindings | undefined): string[] {
  if (bindings === undefined) return [];
  if (!ts.isNamedImports(bindings) && !ts.isNamedExports(bindings)) {
    throw new Error("a whole module is taken");
  }
  return bindings.elements.map(({ name, propertyName }) => {
    if (propertyName !== undefined) throw new Error(`'${propertyName.text}' is renamed to '${name.text}'`);
    return name.text;
  });
}

/** The file that an import names, or this one for an export without `from`. */
function target({ moduleSpecifier }: ts.ImportDeclaration | ts.ExportDeclaration, file: string): string {
  if (moduleSpecifier === undefined) return file;
  const { text } = moduleSpecifier as ts.StringLiteral;
  return text.startsWith(".") ? resolve(dirname(file), text) : text;
}

function namesOf(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map(({ name }) => name.getText());
  }
  const { name } = statement as unknown as { name?: ts.Identifier };
  return name === undefined ? [] : [name.text];
}

/** Every name that a module gives, with the place that declares it. */
function exportsOf(module: Module): Map<string, Module> {
  const found = new Map<string, Module>();
  for (const [name, statement] of module.declared) {
    const { modifiers } = statement as unknown as { modifiers?: readonly ts.Modifier[] };
    if (modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) found.set(name, module);
  }
  for (const name of module.passedOn.keys()) found.set(name, declaring(module, name));
  return found;
}

/** The module that declares a name which this one uses or gives. */
function declaring(module: Module, name: string): Module {
  if (module.declared.has(name)) return module;
  const file = module.imported.get(name) ?? module.passedOn.get(name);
  if (file === undefined) throw new Error(`${module.file} has no '${name}'`);
  return declaring(moduleAt(file), name);
}

function reach(name: string, module: Module, reached: Map<string, string>): void {
  if (reached.has(name)) return;
  const statement = module.declared.get(name)!;
  const door = moduleAt(DOOR);
  const exported = exportsOf(door).has(name) &&
    !(ts.isClassDeclaration(statement) && door.typesOnly.has(name));
  if (statement.getText(module.source).includes(": any")) {
    throw new Error(`Cannot write the type of '${name}' in ${module.file}: it should be stated there`);
  }
  reached.set(name, textOf(statement, module, exported));
  for (const used of namesUsedIn(statement)) {
    if (module.declared.has(used) || module.imported.has(used)) {
      reach(used, declaring(module, used), reached);
    }
  }
}

/** A declaration with its comment; what is not exported is there for those that are. */
function textOf(statement: ts.Statement, { source }: Module, exported: boolean): string {
  const said = (ts.getLeadingCommentRanges(source.text, statement.getFullStart()) ?? [])
    .map(({ pos, end }) => source.text.slice(pos, end))
    .filter((comment) => comment.startsWith("/**") && !comment.includes("@module"));
  const text = statement.getText(source);
  const declared = exported ? text : text.replace(/^export /, "");
  return [...said.slice(-1), declared].join("\n");
}

function namesUsedIn(node: ts.Node): Set<string> {
  const names = new Set<string>();
  const look = (each: ts.Node): void => {
    if (ts.isIdentifier(each)) names.add(each.text);
    each.forEachChild(look);
  };
  look(node);
  return names;
}

if (import.meta.main) writeFileSync(TYPES_FILE, sdkTypes());

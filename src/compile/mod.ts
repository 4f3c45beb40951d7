/**
 * The join: a pipeline, the components it names and the connections it uses become one manifest, or a
 * list of everything that does not fit.
 *
 * What must stay true: compiling is a function. It sees no clock, disk, environment or chance, so the same
 * inputs give the same manifest on any machine. It collects every finding and never stops at the first. A
 * parameter in a SQL text becomes a bound value and never text; a secret becomes a name.
 *
 * @example
 * ```ts
 * const { value: manifest, diagnostics } = compile({ pipeline, catalog, connections, compiler: "osiris 0.1.0" });
 * if (manifest) await Deno.writeTextFile("compiled/manifest.yaml", manifestBytes(manifest));
 * ```
 *
 * @module
 */

export { compile, type CompileInput } from "./compile.ts";
export { OWN } from "./_own_files.ts";
export { redactSecretLines } from "./_findings.ts";

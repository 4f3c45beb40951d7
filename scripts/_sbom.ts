/**
 * What a binary is made of, as CycloneDX 1.6: every npm package of which something is in it, with its licence and that
 * licence's text, and the two programs in it that are no packages of their own, Deno and DuckDB.
 *
 * What must stay true: nothing is listed that `deno.lock` does not pin; what has no licence is never left out, the build
 * fails instead; the same binary gives the same bytes: no time, no random number, no place.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { BundledPackage } from "./_packages.ts";

/** What `deno.lock` says of the npm packages, by name and version. */
export type LockedPackages = Readonly<
  Record<string, { readonly integrity?: string; readonly dependencies?: readonly string[] }>
>;

/** A binary and what it was made from. */
export interface Made {
  readonly version: string;
  readonly license: string;
  /** As Deno calls the machine. */
  readonly triple: string;
  readonly sha256: string;
  readonly packages: readonly BundledPackage[];
  readonly locked: LockedPackages;
  /** The version of the runtime in it. */
  readonly deno: string;
  /** The engine's version, and the hashes of its files, which are packed in the binary. */
  readonly duckdb: string;
  readonly native: readonly { readonly name: string; readonly sha256: string }[];
}

interface Component {
  readonly "bom-ref": string;
  readonly [field: string]: unknown;
}

/** The text of the bill of materials. Throws when a package is not locked. */
export function sbomText(
  { version, license, triple, sha256, packages, locked, deno, duckdb, native }: Made,
): string {
  const osiris = {
    "bom-ref": "osiris",
    type: "application",
    name: "osiris",
    version,
    hashes: [{ alg: "SHA-256", content: sha256 }],
    licenses: [{ license: { id: license } }],
    properties: [{ name: "osiris:target", value: triple }],
  };
  const files = native.map(({ name, sha256 }) => ({ name: `osiris:sha256:${name}`, value: sha256 }));
  const components: Component[] = [
    ...packages.map((each) => npmComponent(each, lockedAs(each, locked))),
    program("deno", deno, "pkg:github/denoland/deno"),
    { ...program("duckdb", duckdb, "pkg:github/duckdb/duckdb"), properties: files },
  ];
  const refs = components.map((each) => each["bom-ref"]);
  const bom = {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: { component: osiris },
    components,
    dependencies: [
      { ref: "osiris", dependsOn: refs },
      ...packages.map((each) => ({
        ref: refOf(each),
        dependsOn: (lockedAs(each, locked).dependencies ?? []).flatMap((name) =>
          packages.filter((other) => name === other.name || name === `${other.name}@${other.version}`).map(
            refOf,
          )
        ),
      })),
    ],
  };
  return `${JSON.stringify(bom, null, 2)}\n`;
}

/** A program that is no npm package; both have the same licence. */
function program(name: string, version: string, purl: string): Component {
  const ref = `${purl}@v${version}`;
  return {
    "bom-ref": ref,
    type: "application",
    name,
    version,
    licenses: [{ license: { id: "MIT" } }],
    purl: ref,
  };
}

function npmComponent(each: BundledPackage, { integrity }: LockedPackages[string]): Component {
  const ref = refOf(each);
  const { id, text } = each.license;
  if (integrity?.startsWith("sha512-") !== true) throw new Error(`deno.lock has no sha512 of ${ref}`);
  const content = Buffer.from(integrity.slice("sha512-".length), "base64").toString("hex");
  return {
    "bom-ref": ref,
    type: "library",
    name: each.name,
    version: each.version,
    hashes: [{ alg: "SHA-512", content }],
    licenses: [{
      license: { id, ...(text === undefined ? {} : { text: { contentType: "text/plain", content: text } }) },
    }],
    purl: ref,
  };
}

function lockedAs({ name, version }: BundledPackage, locked: LockedPackages): LockedPackages[string] {
  // Behind a '_' the lock has with which others a package was resolved.
  const key = Object.keys(locked).find((key) =>
    key === `${name}@${version}` || key.startsWith(`${name}@${version}_`)
  );
  if (key === undefined) {
    throw new Error(`${name}@${version} is in the bundle and deno.lock does not name it`);
  }
  return locked[key]!;
}

function refOf({ name, version }: BundledPackage): string {
  return `pkg:npm/${name.replace("@", "%40")}@${version}`;
}

/**
 * What a component is on both sides of the wire: its spec, the catalog of those known here, the check
 * of a step's configuration, the permissions of a step, and the drivers that run.
 *
 * What must stay true: what a spec declares is enforced; a driver touches what it was granted and
 * nothing else; every message from a driver is taken as hostile until it was checked; nothing leaks
 * when a driver ends, however it ends.
 *
 * @example
 * ```ts
 * const catalog = await loadCatalog();
 * const entry = catalog.get("filesystem.csv_extractor")!;
 * const { value, problems } = checkConfig(entry.spec, { path: "data/sales.csv" });
 * expandPermissions(entry.spec, value, null); // { net: [], read: ["data/sales.csv"], write: [] }
 * ```
 *
 * @module
 */

export { checkConfig } from "./_config.ts";
export type { CheckedConfig } from "./_config.ts";
export type { Problem } from "./_fields.ts";
export { canonicalType, TYPE_NAMES } from "./_types.ts";
export { declaredGrants, expandPermissions } from "./_permissions.ts";
export type { DeclaredGrant } from "./_permissions.ts";
export { catalogOf, loadCatalog } from "./catalog.ts";
export type { BrokenComponent, Catalog, CatalogEntry, DriverCode } from "./catalog.ts";
export {
  type Lock,
  LOCK_FILE,
  type LockDifference,
  lockedAs,
  type LockedComponent,
  type LockedTemplate,
  type LockProblem,
  lockProblem,
  lockReason,
  lockText,
  NO_LOCK,
  parseLock,
  signerChange,
  withComponent,
} from "./lock.ts";
export { lapsedSigner, parseSigners, type Signer, SIGNERS_FILE } from "./signers.ts";
export { type OsSandbox, osSandbox } from "./os_sandbox.ts";
export { clearUpBeside, leftBeside } from "./isolation/handover.ts";
export {
  type ComponentPackage,
  demandAdmission,
  LARGEST_PACKAGE,
  packageHash,
  readComponentFolder,
  readComponentPackage,
} from "./package.ts";
export { createDriverPool } from "./host.ts";
export { newComponent, readSdkTypes } from "./author_files.ts";
export type { AuthorFile } from "./author_files.ts";
export { serveExample, testComponent } from "./conformance.ts";
export type { CheckOutcome, Listen, ServedExample, SuiteOptions } from "./conformance.ts";
export { readsIncrement } from "./increment.ts";
export { isRepeatable } from "./repeatable.ts";
export { overridable } from "./spec.ts";
export type {
  Capability,
  ComponentSpec,
  ConfigSchema,
  ConnectionSpec,
  FieldSchema,
  FieldType,
  Mode,
  Rule,
} from "./spec.ts";
export type {
  Batch,
  CheckResult,
  DiscoveredTable,
  Driver,
  DriverHooks,
  DriverInput,
  DriverPool,
  DriverRows,
  DriverStart,
  DriverUse,
  DriverWrite,
  Grants,
  Isolation,
  PoolOptions,
} from "./driver.ts";
export { MAX_USES } from "./protocol.ts";
export type {
  Column,
  ColumnProfile,
  Config,
  CursorMove,
  Evolution,
  FileOptions,
  RelationRequest,
  TableProfile,
  TargetColumn,
} from "./protocol.ts";

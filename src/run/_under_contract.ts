/**
 * A read or transform step held to its contract: judged by its columns before a row is computed, made to fit
 * where it differs.
 *
 * What depends on columns alone stays lazy and rides in its consumer's statement. Where single rows or values go,
 * the step is computed apart, because what was left out has to be counted whoever reads the rest.
 *
 * @module
 */

import type { Column } from "../component/mod.ts";
import { type Engine, type Fit, fittedColumns } from "../engine/mod.ts";
import { OsirisError } from "../diagnostic.ts";
import type { ManifestStep } from "../manifest.ts";
import { demandFrozen, dependsOnRows, differencesTo, fitsOf } from "./_contract.ts";
import {
  type Computed,
  type Defined,
  definedBy,
  discardedBy,
  type StepOptions,
  withSample,
} from "./_defined.ts";
import { runIndex } from "./_index.ts";
import type { RunContext } from "./_steps.ts";

/** The step as its contract lets it be. Throws RUN618 for what it may not be. */
export async function underContract(
  step: ManifestStep,
  defined: Defined,
  { engine, input, record }: RunContext,
  options: StepOptions,
): Promise<Defined> {
  const { contract } = step;
  if (contract === undefined) return defined;
  if (defined.columns === undefined) {
    throw new OsirisError(
      "BUG900",
      `Cannot hold step '${step.id}' to its contract: its columns are not known`,
    );
  }
  const promised = await promisedColumns(step, input);
  if (promised === undefined) return defined;
  const drift = differencesTo(promised, defined.columns, contract);
  if (drift.length > 0) record.contractDrifted(step.id, drift);
  demandFrozen(step.id, drift, wayOut(contract.columns !== undefined));
  const fits = fitsOf(step.id, defined.columns, drift);
  if (fits.length === 0) return defined;
  if (defined.relation && !fits.some(dependsOnRows)) {
    return definedBy(engine.reshape(defined.relation, fits), engine, options);
  }
  const columns = fittedColumns(defined.columns, fits);
  return { columns, compute: (isRead) => conformed(defined, fits, isRead, engine, options) };
}

async function conformed(
  defined: Defined,
  fits: readonly Fit[],
  isRead: boolean,
  engine: Engine,
  options: StepOptions,
): Promise<Computed> {
  const before = defined.relation ? undefined : await defined.compute(true);
  const fitted = await engine.conform(defined.relation ?? before!.relation!, fits, options);
  if (before) await engine.drop(before.relation!);
  const rows = fitted.execution.rows - fitted.rejected;
  const found = {
    rows,
    executions: [...before?.executions ?? [], fitted.execution],
    discarded: discardedBy(fits, fitted),
    ...(await withSample(fitted.relation, engine)),
  };
  if (isRead) return found;
  await engine.drop(fitted.relation);
  const { relation: _dropped, ...rest } = found;
  return rest;
}

/** The columns that the text names, or those of the last run that succeeded; undefined before there was one. */
async function promisedColumns(
  { id, contract }: ManifestStep,
  { manifest, project }: RunContext["input"],
): Promise<readonly Column[] | undefined> {
  if (contract?.columns) return Object.entries(contract.columns).map(([name, type]) => ({ name, type }));
  const key = { pipeline: manifest.pipeline.name, profile: manifest.profile, step: id };
  return (await runIndex(project).schemaOf(key))?.columns;
}

function wayOut(isWritten: boolean): string {
  return isWritten
    ? "mend the source, write what is right now into 'contract.columns', or choose another action than 'freeze'"
    : "mend the source, or run once with 'evolve' in place of 'freeze': a run that succeeds sets what is promised";
}

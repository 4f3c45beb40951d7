/**
 * How a step writes: where its driver says, or through the driver. Either way everything is staged first, and
 * nothing is in place before the commit.
 *
 * @module
 */

import type { RelationRequest } from "../component/mod.ts";
import { OsirisError } from "../diagnostic.ts";
import type { Execution, Relation, StagedFile } from "../engine/mod.ts";
import { aimed } from "./_aimed.ts";
import { type Computed, type Defined, SAMPLE_ROWS } from "./_defined.ts";
import { loadId } from "./_increment.ts";
import { endingOnError, type StepWork } from "./_step_work.ts";

type Load = Extract<RelationRequest, { kind: "load" }>;

/** What becomes of the step's one input; its driver is asked when it is computed. */
export function definedWrite(work: StepWork): Defined {
  const source = Object.values(work.inputs)[0];
  if (!source) throw new OsirisError("BUG900", `Cannot write step '${work.step.id}': it has no input`);
  return { compute: () => written(work, source) };
}

/** Writes the input where the driver says, or hands the driver its rows; either way staged, then committed. */
async function written(work: StepWork, input: Relation): Promise<Computed> {
  await using driver = await work.openDriver();
  const look = () => engineCarries(work) ? Promise.resolve(null) : driver.target(input.columns);
  await using aim = await aimed(work.step, input, look, work.context, work.options);
  const { relation: source, evolution, discarded } = aim;
  const executions: Execution[] = [...aim.executions];
  const kept = discarded ? { discarded } : {};
  const answer = await driver.write(source.columns, {
    loadId: loadId(work.context.plan.run, work.step.id),
    pipeline: work.context.input.manifest.pipeline.name,
    evolution,
    cursors: work.context.increments.moves(work.step.id),
    batches: () => work.stream(source, executions),
    bytes: (nullText, asWritten) => work.text(source, { nullText, asWritten }, executions),
  });
  if (answer.kind === "staged") {
    await commitUnlessAborted(work, answer);
    return { rows: answer.rows, executions, ...kept };
  }
  if (answer.relation.kind === "load") return await loaded(work, source, answer.relation);
  if (answer.relation.kind !== "copy") throw work.wrongAnswer(answer.relation.kind);
  const { format, path, write_mode, partition_by, options } = answer.relation;
  const target = work.granted("write", path);
  const staged = await work.engine.write(
    work.step.id,
    source,
    {
      format,
      path: target,
      writeMode: write_mode,
      partitionBy: partition_by,
      options,
      token: work.context.plan.run.id,
    },
    work.options,
  );
  const sample = await endingOnError({ [Symbol.asyncDispose]: () => staged.abort() }, async () => {
    const rows = await staged.sample(SAMPLE_ROWS);
    await commitUnlessAborted(work, staged, () => staged.marks());
    return rows;
  });
  return {
    rows: staged.execution.rows,
    executions: [...executions, staged.execution],
    ...kept,
    ...(sample ? { sample } : {}),
    files: staged.files,
    bytes: staged.bytes,
  };
}

/** Rows into a table of a database file, together with the note that they are loaded. */
async function loaded(work: StepWork, input: Relation, load: Load): Promise<Computed> {
  const { table, write_mode, keys, create, history } = load;
  const path = work.granted("write", load.path);
  const look = () => tableOf(work, path, load);
  await using aim = await aimed(work.step, input, look, work.context, work.options);
  const staged = await work.engine.load(
    work.step.id,
    aim.relation,
    {
      path,
      table,
      evolution: aim.evolution,
      writeMode: write_mode,
      keys,
      ...(history === null ? {} : {
        history: {
          from: history.valid_from,
          to: history.valid_to,
          current: history.current,
          closeMissing: history.close_missing,
        },
      }),
      create,
      loadId: loadId(work.context.plan.run, work.step.id),
      pipeline: work.context.input.manifest.pipeline.name,
      cursors: work.context.increments.moves(work.step.id),
    },
    work.options,
  );
  await commitUnlessAborted(work, staged);
  const executions = [...aim.executions, ...staged.executions];
  return { rows: staged.rows, executions, ...(aim.discarded ? { discarded: aim.discarded } : {}) };
}

/** The table as it is, without the columns of a history, which no input has. */
async function tableOf(work: StepWork, path: string, { table, history }: Load) {
  const own = history === null ? [] : [history.valid_from, history.valid_to, history.current];
  const columns = await work.engine.target(work.step.id, path, table);
  return columns?.filter(({ name }) => !own.some((each) => each.toLowerCase() === name.toLowerCase())) ??
    null;
}

function engineCarries(work: StepWork): boolean {
  return work.context.input.catalog.get(work.step.component)?.spec.carries === "engine";
}

/** The last moment at which a cancelled run leaves no trace. */
async function commitUnlessAborted(
  work: StepWork,
  staged: { commit(): Promise<void>; abort(): Promise<void> },
  marks?: () => Promise<readonly StagedFile[]>,
): Promise<void> {
  const { increments } = work.context;
  const { id } = work.step;
  try {
    work.options.signal.throwIfAborted();
    await increments.beforeCommit(id, marks);
  } catch (error) {
    await staged.abort();
    throw error;
  }
  await staged.commit();
  await increments.afterCommit(id);
}

/** How a step reads: the engine scans or selects what its driver names, or takes the rows that the driver gives. @module */

import type { Column, Driver, DriverRows, RelationRequest } from "../component/mod.ts";
import { OsirisError } from "../diagnostic.ts";
import type { Text } from "../engine/mod.ts";
import type { Defined } from "./_defined.ts";
import { definedByBatches } from "./_step_batches.ts";
import { endingOnError, type StepWork } from "./_step_work.ts";

type Select = Extract<RelationRequest, { kind: "select" }>;
type TextAnswer = Extract<DriverRows, { kind: "bytes" }>;

/** Asks the driver what is to be read. */
export async function definedRead(work: StepWork): Promise<Defined> {
  const driver = await work.openDriver();
  const answer = await endingOnError(driver, () => asked(work, driver));
  if (answer.kind === "batches") {
    return definedByBatches(work, driver, answer, () => [], (d) => asked(work, d));
  }
  if (answer.kind === "bytes") return ofText(work, driver, answer);
  await driver[Symbol.asyncDispose]();
  if (answer.relation.kind === "select") return await selected(work, answer.relation);
  if (answer.relation.kind !== "scan") throw work.wrongAnswer(answer.relation.kind);
  const { format, path, options } = answer.relation;
  const source = work.granted("read", path);
  return work.defined(await work.engine.scan(work.step.id, { format, path: source, options }));
}

/** Rows of a database file. */
async function selected(
  work: StepWork,
  { path, table, query, columns, params, bounds }: Select,
): Promise<Defined> {
  const request = {
    path: work.granted("read", path),
    params,
    ...(table === null ? {} : { table }),
    ...(query === null ? {} : { query }),
    ...(columns === null ? {} : { columns }),
    ...(bounds === null ? {} : { bounds }),
  };
  return work.defined(await work.engine.select(work.step.id, request));
}

/** A step whose driver relays a text: the engine reads it while it comes, inside whatever statement needs the rows. */
function ofText(work: StepWork, opened: Driver, answered: TextAnswer): Defined {
  let first: readonly [Driver, TextAnswer] | undefined = [opened, answered];
  const open = async (): Promise<Text> => {
    const [driver, answer] = first ?? await askedAgain(work, answered.columns);
    first = undefined;
    return { pieces: piecesOf(work, answer), [Symbol.asyncDispose]: () => driver[Symbol.asyncDispose]() };
  };
  const { columns, nullText } = answered;
  return work.defined(work.engine.receive(work.step.id, { columns, nullText, open }));
}

function asked(work: StepWork, driver: Driver): Promise<DriverRows> {
  return work.context.increments.read(work.step.id, driver);
}

async function askedAgain(
  work: StepWork,
  columns: readonly Column[],
): Promise<readonly [Driver, TextAnswer]> {
  const driver = await work.openDriver();
  return await endingOnError(driver, async () => {
    const answer = await asked(work, driver);
    if (answer.kind !== "bytes") throw work.wrongAnswer(answer.kind);
    if (JSON.stringify(answer.columns) === JSON.stringify(columns)) return [driver, answer];
    throw new OsirisError(
      "RUN608",
      `Cannot read step '${work.step.id}': its columns are not those it had a moment ago`,
      { step: work.step.id, help: "run it again" },
    );
  });
}

async function* piecesOf(work: StepWork, { pieces }: TextAnswer): AsyncGenerator<Uint8Array, number, void> {
  let next = await pieces.next();
  try {
    for (; next.done !== true; next = await pieces.next()) {
      work.gave(0, next.value.data.byteLength);
      yield next.value.data;
    }
  } finally {
    if (next.done !== true) await pieces.return(undefined as never);
  }
  const { rows } = next.value;
  work.gave(rows, 0);
  return rows;
}

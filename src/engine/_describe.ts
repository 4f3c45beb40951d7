/**
 * A SQL step: judged, then described against typed empty stand-ins of its inputs, so that describing costs
 * the same however deep the pipeline is.
 *
 * @module
 */

import { OsirisError } from "../diagnostic.ts";
import type { Column, SqlRequest } from "./engine.ts";
import type { Database } from "./_database.ts";
import { explained } from "./_failure.ts";
import { identifier } from "./_quote.ts";
import { parseQueryText, type QueryText, writeQuery } from "./_query_text.ts";
import { type Bound, DuckRelation, type Input } from "./_relation.ts";
import { boundValue } from "./_values.ts";
import { judge, type Verdict } from "./_verdict.ts";

/** Judges and describes the query of a step. */
export async function describeQuery(
  database: Database,
  verdicts: Map<string, Verdict>,
  verdictsKept: number,
  step: string,
  request: SqlRequest,
): Promise<DuckRelation> {
  const names = Object.keys(request.inputs);
  const query = parseQueryText(request.query);
  const plain = writeQuery(query, (parameter) => `$${parameter}`);
  const key = JSON.stringify([plain, names]);
  let verdict = verdicts.get(key);
  if (verdict === undefined) {
    verdict = await judge(step, plain, names, (text) => database.serialize(text));
    if (verdicts.size >= verdictsKept) verdicts.clear();
    verdicts.set(key, verdict);
  }
  const bind = boundValues(step, query, verdict, request);
  const inputs = Object.entries(request.inputs).map(([name, relation]): Input => {
    if (!(relation instanceof DuckRelation)) {
      throw new OsirisError(
        "BUG900",
        `Cannot use the relation of step '${relation.step}': another engine made it`,
      );
    }
    return { name, relation, times: verdict.references.get(name) ?? 0 };
  });
  const described = queryOverStubs(
    query,
    inputs.filter((input) => input.times > 0),
    (parameter) => `CAST($${parameter} AS ${bind.get(parameter)!.type})`,
  );
  const columns = await database.columns(described).catch((error) => {
    throw explained(error, {
      ...database.attempt(step, `run the query of step '${step}'`),
      columns: inputs.flatMap((input) => input.relation.columns.map((column) => column.name)),
    });
  });
  mustBeDistinct(step, columns);
  return new DuckRelation(step, columns, {
    kind: "sql",
    query,
    bind,
    inputs,
    plainGrouping: verdict.plainGrouping,
  });
}

/** A query as one text, over empty stand-ins of its inputs, which come first in it and in their order. */
export function queryOverStubs(
  query: QueryText,
  inputs: readonly Input[],
  parameter: (name: string) => string,
): string {
  const stubs = inputs.map((input) => `${identifier(input.name)} AS (${stub(input.relation.columns)})`);
  return withStubs(stubs, writeQuery(query, parameter));
}

const LEADING_WITH = /^((?:\s|--[^\n]*\n|\/\*[^]*?\*\/)*WITH\s+(?:RECURSIVE\s+)?)/i;

/**
 * The query under stand-ins of its inputs. Where it can it stays the outermost query, so that two columns of
 * one name are seen; inside another one the second would be renamed.
 */
function withStubs(stubs: readonly string[], query: string): string {
  const leading = LEADING_WITH.exec(query)?.[1];
  if (stubs.length === 0) return query;
  if (leading === undefined) return `WITH ${stubs.join(", ")} ${query}`;
  const shadows = stubs.some((text) =>
    query.toLowerCase().includes(`${text.slice(1, text.indexOf('" AS (')).toLowerCase()} as `)
  );
  if (shadows) return `WITH ${stubs.join(", ")} FROM (${query}\n)`;
  return `${leading}${stubs.join(", ")}, ${query.slice(leading.length)}`;
}

/** An empty table of the given columns. */
function stub(columns: readonly Column[]): string {
  return `SELECT ${
    columns.map(({ name, type }) => `CAST(NULL AS ${type}) AS ${identifier(name)}`).join(", ")
  } WHERE false`;
}

function boundValues(
  step: string,
  query: QueryText,
  verdict: Verdict,
  request: SqlRequest,
): Map<string, Bound> {
  const found = [...new Set(query.parameters)].sort();
  if (found.join("\n") !== [...verdict.parameters].sort().join("\n")) {
    throw new OsirisError(
      "ENG510",
      `Cannot run the query of step '${step}': its parameters cannot be told apart from its text`,
      {
        step,
        help: "write parameters as ${params.name}, and texts in single quotes",
      },
    );
  }
  return new Map(found.map((name) => {
    const given = request.bind[name];
    if (given === undefined || !Object.hasOwn(request.bind, name)) {
      throw new OsirisError(
        "ENG514",
        `Cannot run the query of step '${step}': parameter '$${name}' has no value`,
        {
          step,
          help: "write ${params.name} and declare the parameter under 'params'",
        },
      );
    }
    return [name, boundValue(step, name, given)];
  }));
}

function mustBeDistinct(step: string, columns: readonly Column[]): void {
  const seen = new Set<string>();
  for (const { name } of columns) {
    if (seen.has(name.toLowerCase())) {
      throw new OsirisError(
        "ENG512",
        `Cannot run the query of step '${step}': it returns two columns named '${name}'`,
        {
          step,
          help: "give one of them another name with AS",
        },
      );
    }
    seen.add(name.toLowerCase());
  }
}

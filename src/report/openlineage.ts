/**
 * A run as OpenLineage events (specification 2-0-2): one when it began, one when it ended.
 *
 * The same session gives the same events, run id included, so that sending them twice changes nothing at the receiver.
 *
 * @see https://openlineage.io/docs/spec/object-model
 * @module
 */

import { createHash } from "node:crypto";
import type { Dataset, RunLineage, TargetColumn } from "./lineage.ts";
import type { RunView, StepView } from "./run_view.ts";

/** An event as JSON has it. */
export interface OpenLineageEvent {
  readonly eventType: "START" | "COMPLETE" | "ABORT" | "FAIL";
  /** RFC 3339. */
  readonly eventTime: string;
  readonly producer: string;
  readonly schemaURL: string;
  readonly run: { readonly runId: string; readonly facets: Facets };
  readonly job: { readonly namespace: string; readonly name: string; readonly facets: Facets };
  readonly inputs: readonly OpenLineageDataset[];
  readonly outputs: readonly OpenLineageDataset[];
}

/** A dataset of an event. */
export interface OpenLineageDataset {
  readonly namespace: string;
  readonly name: string;
  readonly facets: Facets;
  readonly outputFacets?: Facets;
}

type Facets = { readonly [name: string]: { readonly [key: string]: unknown } };

const PRODUCER = "urn:osiris:run";
const SPEC = "https://openlineage.io/spec";

/** The events of a run. One that goes on has no end yet; one whose process is gone was aborted. */
export function openLineageOf(run: RunView, lineage: RunLineage): OpenLineageEvent[] {
  const common = {
    producer: PRODUCER,
    schemaURL: `${SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent`,
    job: {
      namespace: "osiris",
      name: run.pipeline.name,
      facets: {
        jobType: facet("2-0-4/JobTypeJobFacet", {
          processingType: "BATCH",
          integration: "OSIRIS",
          jobType: "PIPELINE",
        }),
        ...(run.pipeline.description === undefined ? {} : {
          documentation: facet("1-0-1/DocumentationJobFacet", { description: run.pipeline.description }),
        }),
      },
    },
  };
  const begun: OpenLineageEvent = {
    ...common,
    eventType: "START",
    eventTime: run.started_at,
    run: { runId: uuidOf(run.session_id), facets: runFacets(run) },
    inputs: [],
    outputs: [],
  };
  const eventType = END[run.state];
  if (eventType === undefined) return [begun];
  return [begun, {
    ...common,
    eventType,
    eventTime: run.ended_at ?? run.started_at,
    run: { runId: begun.run.runId, facets: { ...runFacets(run), ...errorFacet(run) } },
    inputs: lineage.datasets.filter(({ role }) => role === "source").map(datasetOf),
    outputs: outputsOf(run, lineage),
  }];
}

const END: { readonly [state: string]: OpenLineageEvent["eventType"] } = {
  succeeded: "COMPLETE",
  failed: "FAIL",
  cancelled: "ABORT",
  interrupted: "ABORT",
};

function runFacets(run: RunView): Facets {
  const { engine, osiris } = run;
  if (engine?.version === undefined) return {};
  return {
    processing_engine: facet("1-1-1/ProcessingEngineRunFacet", {
      name: engine.name,
      version: engine.version,
      ...(osiris === undefined ? {} : { openlineageAdapterVersion: osiris }),
    }),
  };
}

function errorFacet({ cause }: RunView): Facets {
  if (cause === undefined) return {};
  const { code, message } = cause;
  return {
    errorMessage: facet("1-0-1/ErrorMessageRunFacet", {
      message: `${code}: ${message}`,
      programmingLanguage: "OML",
    }),
  };
}

function datasetOf({ namespace, name, columns }: Dataset): OpenLineageDataset {
  const fields = columns.map(({ name, type }) => ({ name, type }));
  return {
    namespace,
    name,
    facets: columns.length === 0 ? {} : { schema: facet("1-2-0/SchemaDatasetFacet", { fields }) },
  };
}

function outputsOf(run: RunView, { datasets, columns }: RunLineage): OpenLineageDataset[] {
  const byId = new Map(datasets.map((each) => [each.id, each]));
  const steps = new Map(run.steps.map((each) => [each.id, each]));
  const known = Map.groupBy(columns.filter(({ unknown }) => unknown === undefined), ({ dataset }) => dataset);
  return datasets.filter(({ role }) => role === "target").map((each) =>
    outputOf(each, steps.get(each.step), known.get(each.id) ?? [], byId)
  );
}

function outputOf(
  dataset: Dataset,
  step: StepView | undefined,
  known: readonly TargetColumn[],
  byId: ReadonlyMap<string, Dataset>,
): OpenLineageDataset {
  const fields = known.map(({ column, from }) =>
    [column, {
      inputFields: from.map((source) => {
        const { namespace, name } = byId.get(source.dataset)!;
        const type = source.how === "value" ? "DIRECT" : "INDIRECT";
        return { namespace, name, field: source.column, transformations: [{ type }] };
      }),
    }] as const
  );
  const plain = datasetOf(dataset);
  return {
    ...plain,
    facets: {
      ...plain.facets,
      ...(fields.length === 0 ? {} : {
        columnLineage: facet("1-2-0/ColumnLineageDatasetFacet", { fields: Object.fromEntries(fields) }),
      }),
    },
    ...(step?.rows_in === undefined ? {} : {
      outputFacets: {
        outputStatistics: facet("1-0-2/OutputStatisticsOutputDatasetFacet", {
          rowCount: step.rows_in,
          ...(step.bytes_written === undefined ? {} : { size: step.bytes_written }),
        }),
      },
    }),
  };
}

function facet(
  schema: string,
  content: { readonly [key: string]: unknown },
): { readonly [key: string]: unknown } {
  const name = schema.split("/")[1];
  return { _producer: PRODUCER, _schemaURL: `${SPEC}/facets/${schema}.json#/$defs/${name}`, ...content };
}

/** A UUID that a session's id always gives (version 8: its bits are a hash). */
function uuidOf(session: string): string {
  const bytes = createHash("sha256").update(`osiris ${session}`).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

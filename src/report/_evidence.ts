/** Samples and profiles: files of a session that are large, and read when somebody looks. */

import type { Json } from "../manifest.ts";
import { isRecorded, mapsAt, numberAt, present, textAt } from "./_recorded.ts";
import type { ArtifactView, Evidence, ProfileNode, SampleRow } from "./run_view.ts";

/** A profile deeper than this is no profile of ours. */
const DEEPEST = 200;

/** What reads the evidence of a session with these files. */
export function evidenceReader(artifacts: readonly ArtifactView[]): {
  ofStep(step: string): Promise<Evidence>;
} {
  const byId = new Map(artifacts.map((artifact) => [artifact.id, artifact]));
  const read = async (id: string): Promise<unknown> => {
    const artifact = byId.get(id);
    return artifact === undefined ? undefined : await jsonOf(artifact.path);
  };
  return {
    async ofStep(step) {
      const [sample, profile] = await Promise.all([
        read(`${step}/sample.json`),
        read(`${step}/profile.json`),
      ]);
      const statements = isRecorded(profile) && Array.isArray(profile["statements"])
        ? profile["statements"]
        : [];
      return {
        ...(sample === undefined ? {} : { sample: mapsAt(sample, "rows") as SampleRow[] }),
        profile: statements.flat().flatMap((statement) => operatorOf(statement, 0)),
      };
    },
  };
}

async function jsonOf(path: string): Promise<unknown> {
  try {
    return JSON.parse(await Deno.readTextFile(path));
  } catch {
    return undefined;
  }
}

/** The engine's name for what it counted and timed is turned into ours. */
function operatorOf(value: unknown, depth: number): ProfileNode[] {
  const operator = textAt(value, "operator_type");
  if (operator === undefined || depth > DEEPEST) return [];
  const seconds = numberAt(value, "operator_timing");
  const extra = isRecorded(value) && isRecorded(value["extra_info"]) ? value["extra_info"] : {};
  return [{
    operator: textAt(value, "operator_name") ?? operator,
    ...present("rows", numberAt(value, "operator_cardinality")),
    ...present("ms", seconds === undefined ? undefined : seconds * 1000),
    details: Object.entries(extra).map(([name, detail]) => ({ name, value: detailText(detail as Json) })),
    children: mapsAt(value, "children").flatMap((child) => operatorOf(child, depth + 1)),
  }];
}

function detailText(value: Json): string {
  if (Array.isArray(value)) return value.map(detailText).join(", ");
  return typeof value === "string" ? value : JSON.stringify(value);
}

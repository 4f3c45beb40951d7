import type { SessionRecord } from "../session/mod.ts";
import type { ArtifactView } from "./run_view.ts";

/** The files of a session, each under the one id by which it may be asked for. */
export function artifactsOf(record: SessionRecord): ArtifactView[] {
  return record.artifacts.map((artifact) => ({ id: `${artifact.step}/${artifact.name}`, ...artifact }));
}

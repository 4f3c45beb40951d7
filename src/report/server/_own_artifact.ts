import { join } from "node:path";
import { type Artifact, readSession } from "../../session/mod.ts";

/**
 * The artifact of that id (`step/name`) in a session. The id is looked for among the files that are there, and is
 * never made a path; and the file has to lie where it seems to, whatever links the folder was given.
 */
export async function ownArtifact(folder: string, id: string): Promise<Artifact | undefined> {
  const { artifacts } = await readSession(folder);
  const artifact = artifacts.find(({ step, name }) => `${step}/${name}` === id);
  if (artifact === undefined) return undefined;
  try {
    const expected = join(await Deno.realPath(folder), "artifacts", artifact.step, artifact.name);
    return await Deno.realPath(artifact.path) === expected ? artifact : undefined;
  } catch {
    return undefined;
  }
}

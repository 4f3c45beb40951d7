/** Where each page lies. Names are parts of an address only after they were encoded. @module */

export function runAddress(session: string): string {
  return `/runs/${encodeURIComponent(session)}`;
}

export function stepAddress(session: string, step: string): string {
  return `${runAddress(session)}/step?${new URLSearchParams({ id: step })}`;
}

export function pipelineAddress(name: string): string {
  return `/pipeline?${new URLSearchParams({ pipeline: name })}`;
}

export function compareAddress(before: string, after: string): string {
  return `/compare?${new URLSearchParams({ before, after })}`;
}

export function artifactAddress(session: string, artifact: string): string {
  return artifactAs(session, artifact, "");
}

/** An artifact as what the frame of its page shows, or to be saved. */
export function artifactAs(session: string, artifact: string, how: "" | "/content" | "/download"): string {
  return `${runAddress(session)}/artifact${how}?${new URLSearchParams({ id: artifact })}`;
}

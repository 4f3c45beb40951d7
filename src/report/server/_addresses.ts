/** Where each page lies. Names are parts of an address only after they were encoded. @module */

export function runAddress(session: string): string {
  return `/runs/${encodeURIComponent(session)}`;
}

export function pipelineAddress(name: string): string {
  return `/pipeline?${new URLSearchParams({ pipeline: name })}`;
}

export function artifactAddress(
  session: string,
  artifact: string,
  how: "" | "/content" | "/download" = "",
): string {
  return `${runAddress(session)}/artifact${how}?${new URLSearchParams({ id: artifact })}`;
}

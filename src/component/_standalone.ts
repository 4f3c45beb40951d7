/** Whether this is the compiled binary, whose assets lie beside its code. */
export function isStandalone(): boolean {
  return (Deno.build as { standalone?: boolean }).standalone === true;
}

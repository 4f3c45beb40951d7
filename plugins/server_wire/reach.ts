/**
 * Connects to the first of these hosts that answers. Of a name that has several addresses the runtime tries the first
 * alone, and `localhost` often has two of which a server listens on one.
 *
 * @throws what the first of them said
 */
export async function reach(hosts: readonly string[], port: number): Promise<Deno.TcpConn> {
  const [first, ...others] = hosts;
  try {
    return await Deno.connect({ hostname: first!, port });
  } catch (error) {
    for (const hostname of others) {
      try {
        return await Deno.connect({ hostname, port });
      } catch {
        // The first error is told.
      }
    }
    throw error;
  }
}

/** A host, and what else it means. */
export function meantBy(host: string): readonly string[] {
  return host.toLowerCase() === "localhost" ? [host, "127.0.0.1", "::1"] : [host];
}

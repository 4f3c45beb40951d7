/** A session's files, each by the id under which the session lists it. @module */

import { Hono } from "hono";
import type { Artifact } from "../../session/mod.ts";
import { ArtifactContent, ArtifactPage } from "./_artifact_pages.tsx";
import type { Asked, Env } from "./_headers.ts";
import { ownArtifact } from "./_own_artifact.ts";
import { absent, say } from "./_refusal.tsx";
import type { Site } from "./_site.ts";

/** An artifact's page, what its frame shows, and the file to be saved. */
export function artifactRoutes(site: Site): Hono<Env> {
  const routes = new Hono<Env>();
  routes.get("/runs/:session/artifact", async (c) => {
    const artifact = await artifactOf(c, c.req.param("session"));
    if (artifact === undefined) return absent(c);
    const page = <ArtifactPage session={c.req.param("session")} artifact={artifact} nonce={c.get("nonce")} />;
    return say(c, page);
  });
  routes.get("/runs/:session/artifact/content", async (c) => {
    const artifact = await artifactOf(c, c.req.param("session"));
    if (artifact === undefined) return absent(c);
    c.set("framed", true);
    return say(c, await ArtifactContent({ artifact, nonce: c.get("nonce") }));
  });
  routes.get("/runs/:session/artifact/download", async (c) => {
    const artifact = await artifactOf(c, c.req.param("session"));
    if (artifact === undefined) return absent(c);
    const file = await Deno.open(artifact.path);
    c.header("Content-Disposition", `attachment; filename*=UTF-8''${inHeader(artifact.name)}`);
    c.header("Content-Type", "application/octet-stream");
    return c.body(file.readable);
  });
  return routes;

  async function artifactOf(c: Asked, session: string): Promise<Artifact | undefined> {
    const folder = await site.folderOf(session);
    return folder === undefined ? undefined : await ownArtifact(folder, c.req.query("id") ?? "");
  }
}

/** A name as a header may carry it (RFC 8187). */
function inHeader(name: string): string {
  const percent = (letter: string) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(name).replaceAll(/['()*]/g, percent);
}

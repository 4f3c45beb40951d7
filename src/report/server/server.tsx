/**
 * The pages of a project, for one browser on this machine.
 *
 * It exists so that a person sees every run of a project, and a run while it goes on. What must stay true: whatever
 * is asked, nothing on disk changes; every answer passes the same gate and carries the same policy; a file is reached
 * by an id that a session lists, never by a path.
 *
 * @module
 */

import { Hono } from "hono";
import { join } from "node:path";
import { isSessionId, sessionSummary } from "../../session/mod.ts";
import { Page } from "../_page.tsx";
import { readRun } from "../run_view.ts";
import type { Access } from "./access.ts";
import { ArtifactContent, ArtifactPage } from "./_artifact_pages.tsx";
import { gate } from "./_gate.tsx";
import { type Asked, type Env, guardAnswers } from "./_headers.ts";
import { LiveStreams } from "./_live.ts";
import { ownArtifact } from "./_own_artifact.ts";
import { PipelinePage } from "./_pipeline_page.tsx";
import { Refusal, say } from "./_refusal.tsx";
import { type KnownRun, RunList } from "./_run_list.ts";
import { queryOf } from "./_run_query.ts";
import { RunsPage } from "./_runs_page.tsx";
import { standingOf } from "./_standing.ts";

/** What the server needs to know. */
export interface ReportServerOptions {
  /** The `logs` folder, absolute. */
  readonly logs: string;
  readonly access: Access;
  /** The port on which it is reached; asked for with each request, because it is known only once it is open. */
  readonly port: () => number;
  /** Runs that are known without their files, as an index has them; what the files say goes before. */
  readonly known?: () => Promise<readonly KnownRun[]>;
}

/** Pages for who comes with the token. */
export interface ReportServer {
  /** Answers a request; never throws. */
  fetch(request: Request): Promise<Response>;
  /** Ends the streams of pages that watch, and whatever is being read. */
  close(): Promise<void>;
}

/**
 * The server of a project's runs. It opens no port: whoever does hands it the requests.
 *
 * @example
 * ```ts
 * const access = newAccess();
 * const pages = reportServer({ logs: "/project/logs", access, port: () => 8017 });
 * const answer = await pages.fetch(new Request(`http://127.0.0.1:8017/?token=${access.token}`));
 * ```
 */
export function reportServer({ logs, access, port, known }: ReportServerOptions): ReportServer {
  const app = new Hono<Env>();
  const list = new RunList(logs, known ?? (() => Promise.resolve([])));
  const streams = new LiveStreams();
  void list.all().catch(() => {});

  app.use(guardAnswers);
  app.use(gate({ access, port }));
  app.get("/", async (c) => {
    const runs = await list.all();
    return say(
      c,
      <RunsPage runs={runs} query={queryOf(paramsOf(c))} nonce={c.get("nonce")} since={list.stamp} />,
    );
  });
  app.get("/pipeline", async (c) => {
    const query = queryOf(paramsOf(c));
    const runs = (await list.all()).filter(({ pipeline }) => pipeline === query.pipeline);
    if (runs.length === 0) return absent(c);
    return say(
      c,
      <PipelinePage runs={runs} query={query} nonce={c.get("nonce")} since={list.stamp} graph={null} />,
    );
  });
  app.get("/live", (c) =>
    streams.answer(c, async () => {
      await list.all();
      return { stamp: list.stamp, ended: false };
    }));
  app.get("/runs/:session", async (c) => {
    const folder = await folderOf(c);
    return folder === undefined ? absent(c) : say(c, <Page title="">{(await readRun(folder)).verdict}</Page>);
  });
  app.get("/runs/:session/live", async (c) => {
    const folder = await folderOf(c);
    if (folder === undefined) return absent(c);
    return streams.answer(c, () => Promise.resolve(standingOf(folder)));
  });
  app.get("/runs/:session/artifact", async (c) => {
    const artifact = await artifactOf(c);
    if (artifact === undefined) return absent(c);
    return say(
      c,
      <ArtifactPage session={c.req.param("session")} artifact={artifact} nonce={c.get("nonce")} />,
    );
  });
  app.get("/runs/:session/artifact/content", async (c) => {
    const artifact = await artifactOf(c);
    if (artifact === undefined) return absent(c);
    c.set("framed", true);
    return say(c, await ArtifactContent({ artifact, nonce: c.get("nonce") }));
  });
  app.get("/runs/:session/artifact/download", async (c) => {
    const artifact = await artifactOf(c);
    if (artifact === undefined) return absent(c);
    const file = await Deno.open(artifact.path);
    c.header("Content-Disposition", `attachment; filename*=UTF-8''${encodeRfc5987(artifact.name)}`);
    c.header("Content-Type", "application/octet-stream");
    return c.body(file.readable);
  });
  app.notFound(absent);
  app.onError((error, c) => failed(c, error));
  return {
    fetch: async (request) => await app.fetch(request),
    close: async () => {
      streams.close();
      await list.settled();
    },
  };

  async function folderOf(c: Asked): Promise<string | undefined> {
    const id = c.req.param("session") ?? "";
    if (!isSessionId(id)) return undefined;
    return (await sessionSummary(join(logs, id)))?.folder;
  }

  async function artifactOf(c: Asked) {
    const folder = await folderOf(c);
    return folder === undefined ? undefined : await ownArtifact(folder, c.req.query("id") ?? "");
  }
}

function paramsOf(c: Asked): URLSearchParams {
  return new URL(c.req.url).searchParams;
}

function absent(c: Asked): Promise<Response> {
  const page = (
    <Refusal
      status={404}
      message="There is no such page."
      help="begin at the list of runs"
      nonce={c.get("nonce")}
    />
  );
  return say(c, page, 404);
}

function failed(c: Asked, error: Error): Promise<Response> {
  const page = (
    <Refusal
      status={500}
      message="The page could not be made."
      help={error.message}
      nonce={c.get("nonce")}
    />
  );
  return say(c, page, 500);
}

/** A name as a header may carry it. */
function encodeRfc5987(name: string): string {
  return encodeURIComponent(name).replaceAll(
    /['()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

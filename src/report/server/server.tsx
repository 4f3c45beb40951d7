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
import type { RunLine } from "../../session/mod.ts";
import type { RunLineage } from "../lineage.ts";
import type { RunView } from "../run_view.ts";
import type { Access } from "./access.ts";
import { artifactRoutes } from "./_artifact_routes.tsx";
import { gate } from "./_gate.tsx";
import { type Env, guardAnswers } from "./_headers.ts";
import { listRoutes } from "./_list_routes.tsx";
import { absent, failed } from "./_refusal.tsx";
import { runRoutes } from "./_run_routes.tsx";
import { Site } from "./_site.ts";

/** What the server needs to know. */
export interface ReportServerOptions {
  /** The `logs` folder, absolute. */
  readonly logs: string;
  readonly access: Access;
  /** The port on which it is reached; asked for with each request, because it is known only once it is open. */
  readonly port: () => number;
  /** What a program such as Prometheus brings as `Authorization: Bearer …` to read `/metrics`. */
  readonly metricsToken?: string;
  /** Runs that are known without their files, as an index has them; what the files say goes before. */
  readonly known?: () => Promise<readonly RunLine[]>;
  /** Where the columns of a run come from; the pages do without when absent. */
  readonly lineage?: (run: RunView) => Promise<RunLineage>;
}

/** Pages for who comes with the token. */
export interface ReportServer {
  /** Answers a request; never throws. */
  fetch(request: Request): Promise<Response>;
  /** Ends the streams of pages that watch, and waits for what is being read. */
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
export function reportServer(options: ReportServerOptions): ReportServer {
  const { logs, access, port, metricsToken, known, lineage } = options;
  const site = new Site(
    logs,
    known ?? (() => Promise.resolve([])),
    lineage ?? (() => Promise.resolve(undefined)),
  );
  void site.list.all().catch(() => {}); // the first page will say what is wrong with the folder
  const app = new Hono<Env>();
  app.use(guardAnswers);
  app.use(gate({ access, port, metricsToken }));
  app.route("/", listRoutes(site));
  app.route("/", runRoutes(site));
  app.route("/", artifactRoutes(site));
  app.notFound(absent);
  app.onError(failed);
  return {
    fetch: async (request) => await app.fetch(request),
    async close() {
      site.streams.close();
      await site.list.settled();
    },
  };
}

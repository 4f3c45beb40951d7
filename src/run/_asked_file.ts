/**
 * A database file that is asked about outside of a run, in place of a driver: where the engine carries the rows, the
 * engine is who knows the tables.
 *
 * @module
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Driver } from "../component/mod.ts";
import { type Engine, openEngine } from "../engine/mod.ts";
import { OsirisError } from "../diagnostic.ts";

/** Who can be asked about a connection. */
export type Questioned = Pick<Driver, "check" | "discover">;

export class AskedFile implements Questioned, AsyncDisposable {
  private constructor(readonly path: string, readonly engine: Engine, readonly folder: string) {}

  static async open(path: string): Promise<AskedFile> {
    const folder = await mkdtemp(join(tmpdir(), "osiris-ask-"));
    const engine = await openEngine({ tempDirectory: folder, read: [path], write: [], token: "ask" });
    return new AskedFile(path, engine, folder);
  }

  async check(): ReturnType<Driver["check"]> {
    const began = performance.now();
    const trouble = await this.engine.tables("check", this.path, { samples: 0 }).then(
      () => undefined,
      ofFile,
    );
    const latency_ms = performance.now() - began;
    return {
      ok: trouble === undefined,
      latency_ms,
      category: trouble === undefined ? null : trouble.retryable ? "conflict" : "config",
      message: trouble?.message ?? null,
      help: trouble?.help ?? null,
    };
  }

  async discover(
    { scope, samples = 0 }: NonNullable<Parameters<Driver["discover"]>[0]> = {},
  ): ReturnType<Driver["discover"]> {
    const request = { samples, ...(scope === undefined ? {} : { scope }) };
    const tables = await this.engine.tables("discover", this.path, request);
    return tables.map((table) => ({ ...table, profile: null }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.engine[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true, force: true });
  }
}

function ofFile(error: unknown): OsirisError {
  if (error instanceof OsirisError) return error;
  throw error;
}

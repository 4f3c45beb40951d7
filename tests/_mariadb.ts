/**
 * What the tests of MariaDB share: a server for the tests of a file, projects that know it as `@mysql.main`, and how a
 * run must not have given its password away.
 *
 * @module
 */

import assert from "node:assert/strict";
import { TestProject } from "./_project.ts";
import { type MariaDbServer, startMariaDb } from "./_servers.ts";

/** Fields of a connection, or of a step's configuration. */
export type Fields = Readonly<Record<string, unknown>>;

/** A server that runs while the tests of the file do. */
export class MariaDbOfFile {
  #started: MariaDbServer | undefined;

  /** To be made outside of any test. */
  constructor() {
    Deno.test.beforeAll(async () => {
      this.#started = await startMariaDb();
    });
    Deno.test.afterAll(async () => {
      await this.#started?.[Symbol.asyncDispose]();
    });
  }

  get #server(): MariaDbServer {
    return this.#started!;
  }

  get port(): number {
    return this.#server.port;
  }

  get password(): string {
    return this.#server.password;
  }

  get ca(): string {
    return this.#server.ca;
  }

  /** The connection's fields. */
  get connection(): Fields & { readonly host: string; readonly port: number } {
    const { host, port, user, password, database } = this.#server;
    return { host, port, user, password, database };
  }

  /** Runs statements as the administrator. */
  sql(text: string, database?: string): Promise<string> {
    return this.#server.sql(text, database);
  }

  /** A project of one pipeline. */
  async project(
    steps: readonly Fields[],
    connection: Fields = {},
    files: Readonly<Record<string, string>> = {},
  ): Promise<TestProject> {
    const alias = JSON.stringify({ default: true, ...this.connection, ...connection });
    return await TestProject.create({
      ...files,
      "osiris_connections.yaml": `version: 1\nconnections:\n  mysql:\n    main: ${alias}\n`,
      "pipeline.oml": JSON.stringify({ oml_version: "0.1.0", name: "mysql", steps }),
    });
  }

  /** The password is in no file of the project but the one it stands in. */
  async demandNoPassword(project: TestProject): Promise<void> {
    for (const path of await project.list()) {
      if (path === "osiris_connections.yaml" || !(await Deno.stat(project.path(path))).isFile) continue;
      const text = new TextDecoder("latin1").decode(await Deno.readFile(project.path(path)));
      assert.ok(!text.includes(this.password), `${path} holds the password`);
    }
  }
}

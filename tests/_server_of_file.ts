/**
 * What the tests of one server's components share: a server for the tests of a file, projects that know it as their
 * family's connection `main`, and how a run must not have given its password away.
 *
 * @module
 */

import assert from "node:assert/strict";
import { connectionText, TestProject } from "./_project.ts";
import { addressOf, type DatabaseServer, startMariaDb, startPostgres } from "./_servers.ts";

/** Fields of a connection, or of a step's configuration. */
export type Fields = Readonly<Record<string, unknown>>;

const START = { mysql: startMariaDb, postgres: startPostgres };

/** A server that runs while the tests of the file do. */
export class ServerOfFile {
  #started: DatabaseServer | undefined;

  /** To be made outside of any test. */
  constructor(private readonly family: "mysql" | "postgres") {
    Deno.test.beforeAll(async () => {
      this.#started = await START[family]();
    });
    Deno.test.afterAll(async () => {
      await this.#started?.[Symbol.asyncDispose]();
    });
  }

  get port(): number {
    return this.#started!.port;
  }

  get password(): string {
    return this.#started!.password;
  }

  get ca(): string {
    return this.#started!.ca;
  }

  /** The connection's fields. */
  get connection(): ReturnType<typeof addressOf> {
    return addressOf(this.#started!);
  }

  /** Runs statements past the components. */
  sql(text: string, database?: string): Promise<string> {
    return this.#started!.sql(text, database);
  }

  /** A project of one pipeline; the password stands in its `.env`. */
  async project(
    steps: readonly Fields[],
    connection: Fields = {},
    files: Readonly<Record<string, string>> = {},
  ): Promise<TestProject> {
    const fields = { ...this.connection, password: "${SERVER_PASSWORD}", ...connection };
    return await TestProject.create({
      ...files,
      ".env": `SERVER_PASSWORD=${this.password}\n`,
      "osiris_connections.yaml": connectionText(this.family, fields),
      "pipeline.oml": JSON.stringify({ oml_version: "0.1.0", name: this.family, steps }),
    });
  }

  /** The password is in no file of the project but the one it stands in. */
  async demandNoPassword(project: TestProject): Promise<void> {
    for (const path of await project.list()) {
      if (path === ".env" || !(await Deno.stat(project.path(path))).isFile) continue;
      const text = new TextDecoder("latin1").decode(await Deno.readFile(project.path(path)));
      assert.ok(!text.includes(this.password), `${path} holds the password`);
    }
  }
}

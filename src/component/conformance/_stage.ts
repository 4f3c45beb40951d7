import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, isAbsolute, join, normalize, resolve, sep } from "node:path";
import { OsirisError } from "../../diagnostic.ts";
import { checkConfig } from "../_config.ts";
import { expandPermissions } from "../_permissions.ts";
import type { Grants } from "../driver.ts";
import type { Config } from "../protocol.ts";
import type { ComponentSpec } from "../spec.ts";
import type { Example } from "./_example.ts";
import { FixtureServer, type Listen, type Trouble } from "./_server.ts";

/** A folder and a server made for one attempt, and what the driver is given there. */
export class Stage implements AsyncDisposable {
  private constructor(
    readonly folder: string,
    readonly server: FixtureServer,
    readonly config: Config,
    readonly connection: Config | null,
    readonly grants: Grants,
  ) {}

  /** Sets it up. Throws when the example's own configuration is not valid. */
  static async set(
    spec: ComponentSpec,
    example: Example,
    listen: Listen,
    { trouble, ask }: { readonly trouble?: Trouble; readonly ask?: "check" | "discover" },
  ): Promise<Stage> {
    const folder = await realpath(await mkdtemp(join(tmpdir(), "osiris-example-")));
    const server = new FixtureServer(example.http ?? [], trouble);
    try {
      if (example.http !== undefined) await server.listen(listen);
      for (const [path, text] of Object.entries(example.files ?? {})) {
        const file = within(folder, path);
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, text);
      }
      // Outside of a step, which is where connections are asked about, there is no configuration and nothing to write.
      const alone = ask !== undefined && spec.connection !== undefined;
      const given = alone ? {} : placed(example.config, server.address) as Config;
      const config = checkConfig(spec, given).value;
      const connection = connectionOf(spec, placed(example.connection, server.address) as Config | undefined);
      const wanted = expandPermissions(spec, alone ? {} : config, connection);
      const grants = {
        net: wanted.net.filter((host) => host === server.address),
        read: wanted.read.map((path) => within(folder, path)),
        write: alone ? [] : wanted.write.map((path) => within(folder, path)),
      };
      // As before a run: the folder of an output is there.
      for (const path of grants.write) await mkdir(dirname(path), { recursive: true });
      return new Stage(folder, server, config, connection, grants);
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      await server[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Every file below the folder with its text. */
  async files(): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    for (const each of await readdir(this.folder, { recursive: true, withFileTypes: true })) {
      if (each.isDirectory()) continue;
      const path = join(each.parentPath, each.name);
      found.set(path.slice(this.folder.length + 1).replaceAll(sep, "/"), await readFile(path, "utf8"));
    }
    return found;
  }

  /** Whether the driver may write that file of the folder. */
  mayWrite(file: string): boolean {
    const path = join(this.folder, file);
    return this.grants.write.some((grant) => path === grant || path.startsWith(`${grant}${sep}`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true, force: true });
  }
}

function within(folder: string, path: string): string {
  const place = isAbsolute(path) ? normalize(path) : resolve(folder, path);
  if (place.startsWith(folder + sep)) return place;
  throw new OsirisError("DRV420", `Cannot run the example: '${path}' lies outside its folder`, {
    category: "usage",
    help: "name files of examples by paths relative to the project, such as data/sales.txt",
  });
}

/** The connection's values with the defaults of its fields; null for a component without one. */
function connectionOf(spec: ComponentSpec, given: Config | undefined): Config | null {
  if (spec.connection === undefined) return null;
  const defaults = Object.entries(spec.connection.fields).filter(([, { default: value }]) =>
    value !== undefined
  )
    .map(([name, { default: value }]) => [name, value]);
  return { ...Object.fromEntries(defaults), ...given };
}

/** The value with the server's address in place of `${server}`. */
function placed(value: unknown, address: string): unknown {
  if (Array.isArray(value)) return value.map((each) => placed(each, address));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, placed(each, address)]));
  }
  if (typeof value !== "string" || address === "") return value;
  const [host = "", port = ""] = address.split(":");
  if (value === "${server.port}") return Number(port);
  return value.replaceAll("${server}", address).replaceAll("${server.host}", host).replaceAll(
    "${server.port}",
    port,
  );
}

import { nearest, OsirisError } from "../../diagnostic.ts";
import { readExamples } from "./_example.ts";
import { FixtureServer, type Listen } from "./_server.ts";

/** The server of an example, for a run that meets it instead of the real one. */
export interface ServedExample extends AsyncDisposable {
  /** host:port */
  readonly address: string;
  /** Fulfilled when every request of the example was answered. */
  readonly answered: Promise<void>;
}

/** Serves what an example of the component in a folder says its server answers. */
export async function serveExample(folder: string, name: string, listen: Listen): Promise<ServedExample> {
  const files = await readExamples(folder);
  const nameOf = (file: string) => file.replace(/\.ya?ml$/, "");
  const found = files.find(({ file }) => nameOf(file) === nameOf(name));
  const cannot = (what: string, help: string) =>
    new OsirisError("DRV420", `Cannot serve the example '${name}': ${what}`, { category: "usage", help });
  if (found === undefined) {
    const names = files.map(({ file }) => nameOf(file));
    const near = nearest(name, names);
    throw cannot(
      "there is none of that name",
      near === undefined ? `there are ${names.join(", ")}` : `did you mean '${near}'?`,
    );
  }
  if ("fault" in found) throw cannot(found.fault, `mend examples/${found.file}`);
  const { http } = found.example;
  if (http === undefined) throw cannot("it has no 'http'", "name an example whose driver asks a server");
  const server = new FixtureServer(http);
  await server.listen(listen);
  return {
    address: server.address,
    answered: server.answered,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

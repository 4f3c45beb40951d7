import { isDeepStrictEqual } from "node:util";
import { OsirisError } from "../../diagnostic.ts";
import { checkConfig } from "../_config.ts";
import { keepsItsOwnCursor } from "../increment.ts";
import { difference } from "./_compare.ts";
import type { Example, ExampleFile } from "./_example.ts";
import { type Check, type Fault, firstFault, resultOf, type Subject } from "./_subject.ts";

const SHOULD = "mend the driver, or say in the example what is right";

/** One check for each file of `examples/`. */
export function exampleChecks(files: readonly ExampleFile[]): Check[] {
  return files.map((each) => ({
    id: `example.${each.file.replace(/\.ya?ml$/, "")}`,
    title: "example" in each ? `examples/${each.file}: ${each.example.title}` : `examples/${each.file}`,
    run: (subject) =>
      "example" in each ? held(subject, each.example) : Promise.resolve({
        reason: each.fault,
        next: "see the reference of examples: docs/reference/example.md",
      }),
  }));
}

async function held(subject: Subject, example: Example): Promise<Fault | undefined> {
  const problems = checkConfig(subject.bench.entry.spec, example.config).problems
    .map(({ path, message }) => [...path.length > 0 ? [path.join(".")] : [], message].join(": "));
  if (example.refused !== undefined || problems.length > 0) {
    if (isDeepStrictEqual(problems, example.refused ?? [])) return undefined;
    const reason = problems.length === 0
      ? "its configuration is valid"
      : `its configuration is refused: ${problems.join("; ")}`;
    return { reason, next: SHOULD };
  }
  try {
    const reason = await difference(example, await subject.attempt(example, { listening: true }));
    return reason === undefined ? undefined : { reason, next: SHOULD };
  } catch (error) {
    if (error instanceof OsirisError) return { reason: error.message, next: error.help ?? SHOULD };
    throw error;
  }
}

/** What holds of every example that works. */
export const REPEATED: readonly Check[] = [
  {
    id: "rows.deterministic",
    title: "the same input gives the same output",
    run: (subject) =>
      firstFault(subject.working, async (example) => {
        const first = subject.outcomes.find((each) => each.example === example)?.outcome;
        const second = await subject.attempt(example, { unhurried: true });
        if (first === undefined || isDeepStrictEqual(resultOf(first), resultOf(second))) return undefined;
        return {
          reason: `two runs of '${example.title}' gave different results`,
          next: "take the clock, random numbers and the order of arrival out of what it gives",
        };
      }),
  },
  {
    id: "cursor",
    title: "a cursor is given by who declares 'incremental', and only then",
    skip: ({ bench: { entry: { spec } } }) => spec.modes.includes("read") ? undefined : "",
    run: ({ bench: { entry: { spec } }, outcomes }) => {
      const given = outcomes.some(({ outcome }) => (outcome.given?.cursor ?? null) !== null);
      const declared = keepsItsOwnCursor(spec);
      if (given === declared) return Promise.resolve(undefined);
      const reason = declared
        ? "spec.yaml declares 'incremental', and no example ends with a cursor"
        : "it gives a cursor, and spec.yaml does not declare 'incremental'";
      return Promise.resolve({
        reason,
        next: declared
          ? "return the cursor from the generator of emit(…)"
          : "add 'incremental' to capabilities",
      });
    },
  },
];

/** What holds of everything that was seen. */
export const OVERALL: readonly Check[] = [
  overall(
    "rows.types",
    "values are of the types that were declared",
    ({ outcome }) => outcome.typeFault && { reason: outcome.typeFault, next: "let emit(…) make the batches" },
  ),
  overall("end.silent", "nothing is said after the end", ({ outcome }) =>
    outcome.late[0] && {
      reason: `after its last answer it said: ${outcome.late[0]}`,
      next: "await everything before the generator returns",
    }),
  overall(
    "grants.kept",
    "it touches nothing that it was not granted",
    ({ outcome: { denied, trespasses } }) => {
      if (denied[0] !== undefined) {
        return {
          reason: `it tried to reach '${denied[0]}', which was not granted`,
          next: "declare it under permissions in spec.yaml, or leave it alone",
        };
      }
      return trespasses[0] && {
        reason: `it left '${trespasses[0]}' behind`,
        next: "write what permissions.write names, and remove what is only needed for a while",
      };
    },
  ),
  overall("log.sober", "what it logs can be read", ({ outcome }) => {
    // deno-lint-ignore no-control-regex -- these are what a log must not hold
    const odd = outcome.said.find((text) => /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.test(text));
    if (odd !== undefined) {
      return { reason: "a log line holds control characters", next: "log texts, not bytes" };
    }
    if (outcome.logLines <= 1_000) return undefined;
    return {
      reason: `it logged ${outcome.logLines} lines for one example`,
      next: "count with metric(…) or progress(…)",
    };
  }),
  {
    id: "secrets.kept",
    title: "no secret stands in what it says",
    skip: ({ bench: { entry: { spec } } }) =>
      secretFields(spec.connection?.fields, spec.config.properties).length > 0 ? undefined : "",
    run: (subject) => {
      const { spec } = subject.bench.entry;
      for (const { example, outcome } of subject.outcomes) {
        for (const name of secretFields(spec.connection?.fields, spec.config.properties)) {
          const secret = example.connection?.[name] ?? example.config[name];
          if (typeof secret !== "string" || secret.length < 4) continue;
          if (!outcome.said.some((text) => text.includes(secret))) continue;
          return Promise.resolve({
            reason: `the value of '${name}' stands in what it logs or fails with`,
            next: "leave secrets, and requests that hold them, out of messages",
          });
        }
      }
      return Promise.resolve(undefined);
    },
  },
];

function overall(
  id: string,
  title: string,
  look: (seen: Subject["outcomes"][number]) => Fault | "" | undefined,
): Check {
  return {
    id,
    title,
    run: ({ outcomes }) =>
      Promise.resolve(outcomes.map(look).find((fault): fault is Fault => typeof fault === "object")),
  };
}

function secretFields(
  ...of: readonly ({ readonly [name: string]: { readonly secret?: boolean } } | undefined)[]
): string[] {
  return of.flatMap((fields) =>
    Object.entries(fields ?? {}).filter(([, { secret }]) => secret === true).map(([name]) => name)
  );
}

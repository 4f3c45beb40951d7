/** `osiris connections doctor`. */

import type { ConnectionHealth, Health, Verdict } from "../../run/mod.ts";
import { duration } from "../../amounts.ts";
import { ASK_FLAGS } from "../_asking.ts";
import type { Cli } from "../_cli.ts";
import { declare } from "../_declare.ts";
import { EXIT } from "../_exit.ts";
import { grantsText } from "../_grants_text.ts";
import { printable } from "../../printable.ts";

export const connectionsDoctor = declare({
  name: "connections doctor",
  summary: "ask every component that can check them whether connections work",
  details: [
    "Each connection of osiris_connections.yaml, or the one that is named, is tried by every component with the capability 'check' of its family; one from outside only when osiris.lock allows it. A driver gets its connection and what its spec grants over it, and no right to write.",
    "Exits with 3 when a connection failed. One that nobody can check is said to be so; it is not called healthy.",
  ],
  arguments: {
    connection: {
      value: "@FAMILY.ALIAS",
      summary: "the connection (every one when not given)",
      optional: true,
    },
  },
  flags: ASK_FLAGS,
  document: {
    file: "the connections file",
    healthy: "whether every connection was checked and works",
    connections:
      "name and status (ok, failed or unknown) of each, and its verdicts: component, origin, status, latency_ms, category (auth, network, permission, timeout, config, component, or another word of the component's own), message, help, grants and isolation",
  },
  examples: [
    { line: "osiris connections doctor", about: "Tries every connection." },
    { line: "osiris connections doctor @shop.main --timeout 3", about: "One, without patience." },
  ],
  async run({ connection, timeout, verbose }, cli) {
    const { loadAskable } = await import("../_asking.ts");
    const { textsIn } = await import("../_texts.ts");
    const { file, input, diagnostics, warnings } = await loadAskable(cli, timeout);
    const trouble = { diagnostics, texts: textsIn(cli.cwd, diagnostics), warnings };
    if (!input) return { document: { file }, ...trouble };
    const { checkConnections, connectionNamed, connectionsOf } = await import("../../run/mod.ts");
    const names = connection === undefined
      ? connectionsOf(input.connections)
      : [connectionNamed(input.connections, connection)];
    const found = await checkConnections(input, names);
    const connections = found.map(({ connection: name, ...rest }) => ({ name, ...rest }));
    return {
      document: { file, healthy: found.every(({ status }) => status === "ok"), connections },
      text: found.length === 0
        ? `No connections in ${printable(file)}\n`
        : found.map((health) => healthText(health, verbose, cli)).join(""),
      ...trouble,
      ...(found.some(({ status }) => status === "failed") ? { exit: EXIT.connection } : {}),
    };
  },
});

/** A line for each thing that its components agree about, and what to do about it. */
function healthText({ connection, verdicts }: ConnectionHealth, verbose: boolean, cli: Cli): string {
  const name = printable(connection);
  if (verdicts.length === 0) {
    const family = printable(connection.slice(1).split(".")[0]!);
    return `${mark("unknown", cli)} ${name}: no component can check connections of the family '${family}'\n`;
  }
  return alike(verdicts).map((group) => {
    const { status, message, help } = group[0]!;
    const below = [
      ...[message, help].filter((text) => text !== undefined),
      ...(verbose ? group.map(givenTo) : []),
    ];
    return `${mark(status, cli)} ${name}: ${outcome(group)}\n` +
      below.map((text) => `    ${printable(text)}\n`).join("");
  }).join("");
}

/** The verdicts by what they say. */
function alike(verdicts: readonly Verdict[]): Verdict[][] {
  const groups = new Map<string, Verdict[]>();
  for (const verdict of verdicts) {
    const { status, category, message, help } = verdict;
    const said = JSON.stringify([status, category, message, help]);
    groups.set(said, [...groups.get(said) ?? [], verdict]);
  }
  return [...groups.values()];
}

function mark(status: Health, { out: { style } }: Cli): string {
  return { ok: style.green("✓"), unknown: style.yellow("!"), failed: style.red("✗") }[status];
}

/** Such as `auth (12 ms, mysql.extractor)`. */
function outcome(group: readonly Verdict[]): string {
  const { status, category } = group[0]!;
  const word = { ok: "works", unknown: "not checked", failed: `failed, ${category}` }[status];
  const latencies = group.flatMap(({ latency_ms }) => latency_ms ?? []);
  const took = latencies.length === 0 ? [] : [duration(Math.max(...latencies))];
  return printable(`${word} (${[...took, ...group.map(({ component }) => component)].join(", ")})`);
}

function givenTo({ component, grants, isolation }: Verdict): string {
  return grants === undefined
    ? `${component} was not started`
    : `${component} ran in a ${isolation} and ${grantsText(grants)}`;
}

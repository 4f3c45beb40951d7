/**
 * The driver's side of the wire: a worker that hands the host's messages to its drivers, and from which nobody
 * leaves or prints without saying so.
 *
 * This file imports nothing that knows Arrow: where drivers only answer with relations, none of it is loaded.
 *
 * @module
 */

import { failureOf } from "./_driver_error.ts";
import type { Decode } from "./_input_stream.ts";
import { type Drivers, logLine, type Send, Service } from "./_service.ts";
import type { DriverMessage, HostMessage } from "./protocol.ts";

/** What may be the last that a driver says. */
const ANSWERS: ReadonlySet<DriverMessage["type"]> = new Set(
  [
    "checked",
    "discovered",
    "relation",
    "end",
    "staged",
    "committed",
    "aborted",
    "target",
    "loaded",
    "error",
  ] as const,
);

// Taken before any foreign code runs.
const scope = globalThis as unknown as {
  postMessage(message: unknown, options: { transfer: Transferable[] }): void;
  addEventListener(type: string, listener: (event: never) => void): void;
  close(): void;
};
const postMessage = scope.postMessage?.bind(scope);
let before = (): DriverMessage | undefined => undefined;
const send: Send = (message, transfer = []) => {
  const first = ANSWERS.has(message.type) ? before() : undefined;
  if (first !== undefined) postMessage(first, { transfer: [] });
  postMessage(message, { transfer });
};

// A message may arrive before the driver is loaded, and would be lost without a listener.
const early: HostMessage[] = [];
let receive = (message: HostMessage): unknown => early.push(message);
let load = (_code: GuestCode): unknown => failedToLoad(new Error("it brings its own code"));

/** Serves the host with these drivers; without `decode` they are such that only answer with relations. */
export function serve(drivers: Drivers, decode?: Decode): void {
  const service = new Service(drivers, send, decode);
  receive = (message) => service.take(message);
  for (const message of early.splice(0)) receive(message);
}

/** Has what `told` gives sent before every answer that may be the last one. */
export function tellBeforeAnswers(told: () => DriverMessage | undefined): void {
  before = told;
}

/** Code from outside, as it is handed to a worker that was started without any. */
export interface GuestCode {
  readonly type: "load";
  readonly component: string;
  /** The text that was admitted. */
  readonly code: string;
  /** Functions that its spec says it has. */
  readonly promised: readonly string[];
  readonly grants: Extract<HostMessage, { type: "start" }>["grants"];
}

/** Says that the worker is ready for code from outside, and hands it on when it comes. */
export function awaitCode(take: (code: GuestCode) => unknown): void {
  load = take;
  postMessage({ type: "loaded" }, { transfer: [] });
}

/** Tells the host that the driver's module threw. */
export function failedToLoad(error: unknown): void {
  send({ type: "error", failure: failureOf(error, "DRV405") });
}

if (postMessage !== undefined && "DedicatedWorkerGlobalScope" in globalThis) {
  scope.addEventListener(
    "message",
    ({ data }: { data: HostMessage | GuestCode }) => data.type === "load" ? load(data) : receive(data),
  );
  watchTheExits();
  redirectPrinting();
}

/** A driver that leaves says so first: the host is not told otherwise. */
function watchTheExits(): void {
  const left = (how: string): never => {
    send({ type: "error", failure: failureOf(new Error(`it left by ${how}`)) });
    throw new Error("a driver cannot leave");
  };
  Object.defineProperty(globalThis, "close", { value: () => left("close()") });
  Object.defineProperty(Deno, "exit", { value: () => left("exit()") });
  const uncaught = (error: unknown) => send({ type: "error", failure: failureOf(error) });
  scope.addEventListener("error", (event: ErrorEvent) => {
    event.preventDefault();
    uncaught(event.error);
  });
  scope.addEventListener("unhandledrejection", (event: PromiseRejectionEvent) => {
    event.preventDefault();
    uncaught(event.reason);
  });
}

/** What a driver prints belongs to the record, not to the terminal. */
function redirectPrinting(): void {
  const levels = new Map<unknown, "info" | "warn" | "error">([["log", "info"], ["info", "info"], [
    "warn",
    "warn",
  ], [
    "error",
    "error",
  ]]);
  const printer = (method: unknown) => (...args: unknown[]) =>
    send(logLine(
      args.map((arg) => (typeof arg === "string" ? arg : Deno.inspect(arg))).join(" "),
      levels.get(method) ?? "debug",
    ));
  const value = new Proxy({}, { get: (_, method) => printer(method) });
  Object.defineProperty(globalThis, "console", { value });
}

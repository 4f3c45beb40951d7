/**
 * Node's sockets for code that was granted a host. The permission for a host and port also lets a program
 * listen there, and Node's handles open numbered descriptors, the wire to the host among them: what does so is
 * taken from the handles, so that what remains is to connect by TCP.
 *
 * @module
 */

import process from "node:process";
import { type Account, hostAsks } from "./_account.ts";

/** Functions of a handle that do anything but connect, read and write. */
const TAKEN = /^(?:open|bind|listen|accept|take|fdFor|socketTypeFor)/;

/** The classes of Node's handles; taken before `process` is emptied. */
export type Binding = (name: string) => Readonly<Record<string, unknown>>;

/** What gives them. */
export function bindingOfRealm(): Binding {
  return (process as unknown as { binding: Binding }).binding;
}

/** Leaves Node's sockets nothing but to connect by TCP, and counts where to. */
export async function closeSockets(binding: Binding, account: Account): Promise<void> {
  const { default: net } = await import("node:net");
  const { TCP } = binding("tcp_wrap");
  const { Pipe } = binding("pipe_wrap");
  take(TCP, TAKEN);
  take(Pipe, /^connect|fchmod/);
  take(Pipe, TAKEN);
  const connect = net.Socket.prototype.connect as (...args: unknown[]) => unknown;
  // What is refused comes later as an event, and in other words; so it is asked beforehand.
  const counted = function (this: unknown, ...args: unknown[]): unknown {
    const { path, host, port } = optionsOf(args);
    if (path === undefined) account.count(hostAsks(host, port));
    return Reflect.apply(connect, this, args);
  };
  Object.defineProperty(net.Socket.prototype, "connect", { value: counted, writable: false });
}

interface Options {
  readonly path?: unknown;
  readonly host?: unknown;
  readonly port?: unknown;
}

/** Node takes an object, a port and a host, or a path; its own functions hand on a list of these. */
function optionsOf([first, second]: readonly unknown[]): Options {
  if (Array.isArray(first)) return optionsOf(first);
  if (typeof first === "object" && first !== null) return first;
  if (typeof first === "string" && !/^\d+$/.test(first)) return { path: first };
  return { port: first, ...(typeof second === "string" ? { host: second } : {}) };
}

function take(handle: unknown, names: RegExp): void {
  for (
    let at = (handle as { prototype: object }).prototype;
    at !== Object.prototype;
    at = Object.getPrototypeOf(at)
  ) {
    for (const name of Object.getOwnPropertyNames(at)) {
      const found = Object.getOwnPropertyDescriptor(at, name)!;
      if (!names.test(name) || typeof found.value !== "function" || found.value === refuse) continue;
      if (found.configurable) Object.defineProperty(at, name, { value: refuse, configurable: false });
      else throw new Error(`this Deno keeps '${name}' of a socket's handle`);
    }
  }
}

function refuse(): never {
  throw new Error("a driver connects to the hosts it was granted, and does nothing else with sockets");
}

/**
 * The kernel's wall around a thread and all it starts: Landlock, by three system calls.
 *
 * What must stay true: a wall that was asked for and could not be put up is an error, never a weaker wall.
 * What the kernel does not know yet (network before ABI 4, signals before ABI 6) is left to Deno's
 * permissions, which stand behind it either way.
 *
 * @module
 */

import { type Libc, openLibc } from "./_libc.ts";

/** What a confined thread may still open. Everything else is refused by the kernel. */
export interface Wall {
  /** Files, and folders with all below, that may be read. Those that do not exist are left out. */
  readonly read: readonly string[];
  /** Files, and folders with all below, that may be read, written, made and removed. */
  readonly write: readonly string[];
  /** Files, and folders with all below, that may be read and executed. */
  readonly run: readonly string[];
  /** TCP ports that may be connected to. */
  readonly connect: readonly number[];
}

const CREATE_RULESET = 444n, ADD_RULE = 445n, RESTRICT_SELF = 446n;
const VERSION = 1;
const BENEATH_PATH = 1, NET_PORT = 2;
const NO_NEW_PRIVILEGES = 38;
const OPEN_PATH_ONLY = 0x200000 | 0x80000; // O_PATH | O_CLOEXEC

const EXECUTE = 1n << 0n, WRITE_FILE = 1n << 1n, READ_FILE = 1n << 2n, READ_FOLDER = 1n << 3n;
const REMOVE_FOLDER = 1n << 4n, REMOVE_FILE = 1n << 5n, MAKE_FOLDER = 1n << 7n, MAKE_FILE = 1n << 8n;
const RENAME_ACROSS = 1n << 13n, TRUNCATE = 1n << 14n;

const READ = READ_FILE | READ_FOLDER;
const RUN = READ | EXECUTE;
/** No links, devices, pipes or sockets. */
const WRITE = READ | WRITE_FILE | REMOVE_FOLDER | REMOVE_FILE | MAKE_FOLDER | MAKE_FILE | RENAME_ACROSS |
  TRUNCATE;
/** What a rule about a single file may say. */
const OF_A_FILE = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE;
const BIND_TCP = 1n << 0n, CONNECT_TCP = 1n << 1n;
const ABSTRACT_SOCKETS = 1n << 0n, SIGNALS = 1n << 1n;

/** The kernel's version of Landlock; 0 where it has none. */
export function landlockAbi(): number {
  using c = openLibc();
  return c === undefined ? 0 : versionOf(c);
}

function versionOf(c: Libc): number {
  return Math.max(0, Number(c.call.landlockCreateRuleset(CREATE_RULESET, null, 0n, VERSION)));
}

/** Confines the calling thread and all that it starts from now on. There is no way back. */
export function confine(wall: Wall): void {
  using c = openLibc();
  const abi = c === undefined ? 0 : versionOf(c);
  if (c === undefined || abi === 0) throw new Error("the kernel has no Landlock");
  const handled = handledBy(abi);
  const attributes = ruleset(abi, handled);
  const rules = Number(
    c.call.landlockCreateRuleset(CREATE_RULESET, attributes, BigInt(attributes.byteLength), 0),
  );
  if (rules < 0) throw failed(c, "make a rule set");
  try {
    for (const path of wall.read) allowPath(c, rules, path, READ & handled);
    for (const path of wall.write) allowPath(c, rules, path, WRITE & handled);
    for (const path of wall.run) allowPath(c, rules, path, RUN & handled);
    if (abi >= 4) { for (const port of wall.connect) allowPort(c, rules, port); }
    if (c.call.prctl(NO_NEW_PRIVILEGES, 1n, 0n, 0n, 0n) !== 0) throw failed(c, "give up new privileges");
    if (c.call.landlockRestrictSelf(RESTRICT_SELF, rules, 0) !== 0n) throw failed(c, "restrict itself");
  } finally {
    c.call.close(rules);
  }
}

/** Kinds of access to files that the kernel knows, all of which the wall handles. */
function handledBy(abi: number): bigint {
  const kinds = abi === 1 ? 13n : abi === 2 ? 14n : abi <= 4 ? 15n : 16n;
  return (1n << kinds) - 1n;
}

/** The attributes of a rule set: files, from ABI 4 on TCP, from ABI 6 on abstract sockets and signals. */
function ruleset(abi: number, handled: bigint): BigUint64Array<ArrayBuffer> {
  const all = [handled, BIND_TCP | CONNECT_TCP, ABSTRACT_SOCKETS | SIGNALS];
  return new BigUint64Array(all.slice(0, abi >= 6 ? 3 : abi >= 4 ? 2 : 1));
}

/** A path that does not exist needs no rule: what is made there later is refused. */
function allowPath(c: Libc, rules: number, path: string, access: bigint): void {
  const file = c.call.open(new TextEncoder().encode(`${path}\0`), OPEN_PATH_ONLY);
  if (file < 0) return;
  try {
    const given = Deno.statSync(path).isDirectory ? access : access & OF_A_FILE;
    const rule = new DataView(new ArrayBuffer(12));
    rule.setBigUint64(0, given, true);
    rule.setInt32(8, file, true);
    if (c.call.landlockAddRule(ADD_RULE, rules, BENEATH_PATH, new Uint8Array(rule.buffer), 0) !== 0n) {
      throw failed(c, `allow '${path}'`);
    }
  } finally {
    c.call.close(file);
  }
}

function allowPort(c: Libc, rules: number, port: number): void {
  const rule = new BigUint64Array([CONNECT_TCP, BigInt(port)]);
  if (c.call.landlockAddRule(ADD_RULE, rules, NET_PORT, rule, 0) !== 0n) {
    throw failed(c, `allow port ${port}`);
  }
}

function failed(c: Libc, what: string): Error {
  return new Error(`Landlock could not ${what}: error ${c.errno()} of the system`);
}

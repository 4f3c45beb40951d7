/**
 * What a driver's process may open, by the kernel: of the system what every program needs to start and to
 * find a host, and of the rest what its step was granted.
 *
 * @module
 */

import { dirname } from "node:path";
import type { Grants } from "../driver.ts";
import type { Program } from "./_program.ts";
import type { Wall } from "./landlock.ts";

const LIBRARIES = ["/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/local/lib"];
const DEVICES = ["/dev/null", "/dev/zero", "/dev/random", "/dev/urandom"];
const TIME = ["/etc/localtime", "/usr/share/zoneinfo"];
const NAMES = [
  "/etc/resolv.conf",
  "/etc/hosts",
  "/etc/nsswitch.conf",
  "/etc/host.conf",
  "/etc/gai.conf",
  "/etc/services",
];
const CERTIFICATES = [
  "/etc/ssl/certs",
  "/etc/ssl/cert.pem",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/openssl.cnf",
  "/etc/pki/tls",
  "/etc/pki/ca-trust",
  "/etc/ca-certificates",
  "/usr/share/ca-certificates",
  "/usr/local/share/ca-certificates",
  "/usr/share/pki",
];
/** What a runtime looks at to learn about its machine. */
const MACHINE = ["/proc", "/sys/fs/cgroup", "/sys/devices/system/cpu", "/sys/kernel/mm"];

/** Around the thread that starts drivers: the program itself, and the folders of all that they will be granted. */
export function outerWall(program: Program, grants: Grants): Wall {
  return {
    run: [program.path, ...LIBRARIES],
    read: [
      "/etc/ld.so.cache",
      ...DEVICES,
      ...TIME,
      ...NAMES,
      ...CERTIFICATES,
      ...MACHINE,
      ...program.reads,
      ...grants.read.map(standing),
    ],
    write: ["/dev/null", ...program.caches, ...grants.write.map(standing)],
    connect: ports(grants),
  };
}

/** Around one driver: exactly its grants. */
export function innerWall(program: Program, grants: Grants): Wall {
  const net = grants.net.length > 0 ? [...NAMES, ...CERTIFICATES] : [];
  return {
    run: [],
    read: [...LIBRARIES, ...DEVICES, ...TIME, ...net, ...program.reads, ...grants.read],
    write: grants.write,
    connect: ports(grants),
  };
}

/** Whether what `grants` name is inside the wall around the thread. */
export function covers(wall: Wall, grants: Grants): boolean {
  const within = (places: readonly string[], path: string) => {
    const folder = standing(path);
    return places.some((place) => folder === place || folder.startsWith(place === "/" ? "/" : `${place}/`));
  };
  return grants.read.every((path) => within(wall.read, path)) &&
    grants.write.every((path) => within(wall.write, path)) &&
    ports(grants).every((port) => wall.connect.includes(port));
}

/**
 * The folder that holds a path, as far as there is one. A file may be made, or replaced by another, after
 * the wall stands; its folder stays.
 */
function standing(path: string): string {
  for (let folder = dirname(path);; folder = dirname(folder)) {
    try {
      return Deno.realPathSync(folder);
    } catch {
      if (folder === dirname(folder)) return folder;
    }
  }
}

function ports(grants: Grants): number[] {
  return grants.net.map((host) => Number(/:(\d+)$/.exec(host)?.[1] ?? NaN)).filter(Number.isInteger);
}

import { landlockAbi } from "./isolation/landlock.ts";

/** Whether the operating system can wall a driver's process in. */
export interface OsSandbox {
  readonly available: boolean;
  /** The version of the kernel's interface. */
  readonly abi?: number;
  /** What there is, or what is missing, as it stands in a message after a colon. */
  readonly reason: string;
}

let found: OsSandbox | undefined;

/** Whether this machine's kernel has Landlock. The kernel is asked once. */
export function osSandbox(): OsSandbox {
  return found ??= probe();
}

function probe(): OsSandbox {
  if (Deno.build.os !== "linux") {
    return { available: false, reason: `Landlock is a part of Linux, and this is ${Deno.build.os}` };
  }
  const abi = landlockAbi();
  return abi > 0
    ? { available: true, abi, reason: `the kernel has Landlock, version ${abi} of its interface` }
    : { available: false, reason: "the kernel has no Landlock, or does not offer it" };
}

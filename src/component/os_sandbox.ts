/** Whether the operating system can wall a driver's process in. */
export interface OsSandbox {
  readonly available: boolean;
  /** The version of the kernel's interface. */
  readonly abi?: number;
  /** What there is, or what is missing, as it stands in a message after a colon. */
  readonly reason: string;
}

/** Whether this machine's kernel has Landlock. */
export function osSandbox(): OsSandbox {
  if (Deno.build.os !== "linux") {
    return { available: false, reason: `Landlock is a part of Linux, and this is ${Deno.build.os}` };
  }
  try {
    const modules = Deno.readTextFileSync("/sys/kernel/security/lsm").trim().split(",");
    return modules.includes("landlock")
      ? { available: true, reason: "the kernel has Landlock" }
      : { available: false, reason: "the kernel's list of security modules has no Landlock" };
  } catch {
    return { available: false, reason: "the kernel does not say which security modules it has" };
  }
}

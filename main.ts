/**
 * The program: arguments in, exit code out. Started as the host of a driver it loads nothing else.
 *
 * @module
 */

if (Deno.args[0] === "--driver-host") {
  const { hostDriver } = await import("./src/component/isolation/child.ts");
  await hostDriver();
} else {
  const { main } = await import("./src/cli/mod.ts");
  Deno.exit(await main(Deno.args));
}

/** `osiris plan FILE|MANIFEST`. */

import { declare } from "../_declare.ts";
import { COMPILE_FLAGS, SANDBOX_FLAG } from "../_flags.ts";

export const plan = declare({
  name: "plan",
  summary: "show what a run would do, and change nothing",
  details: [
    "Order, what each step may touch, what would be read and written, and what differs from the last run. Nothing is written, logs/ and .osiris/ included.",
    "A component from outside that nobody allowed yet is shown as such; 'osiris run' would ask about it.",
  ],
  arguments: { file: { value: "FILE", summary: "a pipeline or a manifest", kind: "file" } },
  flags: { ...COMPILE_FLAGS, ...SANDBOX_FLAG },
  document: {
    file: "what was planned, as typed",
    plan: "the plan, as in plan.json of a run",
    hooks: "when there are any: each hook, what it reaches, and whether it is allowed",
  },
  examples: [
    { line: "osiris plan pipeline.oml", about: "The plan of a pipeline." },
    { line: "osiris plan compiled/manifest.yaml", about: "The plan of a manifest." },
  ],
  async run({ file, profile, param, require_os_sandbox }, cli) {
    const { plannedAnswer } = await import("../_planned.ts");
    return await plannedAnswer(cli, file, { profile, params: param }, { require_os_sandbox });
  },
});

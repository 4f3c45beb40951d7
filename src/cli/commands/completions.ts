/** `osiris completions SHELL`. */

import { declare } from "../_declare.ts";

const SHELLS = ["bash", "zsh", "fish", "powershell"] as const;

export const completions = declare({
  name: "completions",
  summary: "print the completion script for a shell",
  details: ["The script completes commands, flags, their values and file names. It runs nothing."],
  arguments: { shell: { value: "SHELL", summary: "your shell", choices: SHELLS } },
  flags: {},
  document: { shell: "the shell", script: "the script" },
  examples: [
    {
      line: "osiris completions bash",
      about: "For bash: add 'source <(osiris completions bash)' to ~/.bashrc.",
    },
    { line: "osiris completions zsh", about: "For zsh: save it as _osiris in a folder of $fpath." },
    {
      line: "osiris completions fish",
      about: "For fish: save it as ~/.config/fish/completions/osiris.fish.",
    },
    { line: "osiris completions powershell", about: "For PowerShell: add it to $PROFILE." },
  ],
  async run({ shell }) {
    const { completionScript } = await import("../_completions.ts");
    const { COMMANDS } = await import("../_commands.ts");
    const script = completionScript(shell as typeof SHELLS[number], COMMANDS);
    return { document: { shell, script }, text: script };
  },
});

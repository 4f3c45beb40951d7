/**
 * Completion scripts for four shells, made from the command declarations. A script holds all there is
 * to offer, so completing runs nothing.
 *
 * @module
 */

import { type Argument, type Command, type Flag, type Flags, GLOBAL_FLAGS, typed } from "./_declare.ts";

/** The script of a shell. */
export function completionScript(
  shell: "bash" | "zsh" | "fish" | "powershell",
  commands: readonly Command[],
): string {
  return { bash, zsh, fish, powershell }[shell](commands);
}

/** One place in the tree of words, and what may follow there. */
interface Place {
  /** The words so far, `""` at the top. */
  readonly words: string;
  readonly next: readonly { readonly word: string; readonly about: string }[];
  readonly flags: readonly { readonly flag: string; readonly short?: string; readonly declaration: Flag }[];
  readonly argument: Argument | undefined;
}

function places(commands: readonly Command[]): Place[] {
  const prefixes = new Set([""]);
  for (const { name } of commands) {
    const words = name.split(" ");
    words.forEach((_, i) => prefixes.add(words.slice(0, i + 1).join(" ")));
  }
  return [...prefixes].map((words) => placeOf(words, commands));
}

function placeOf(words: string, commands: readonly Command[]): Place {
  const command = commands.find((c) => c.name === words);
  const prefix = words === "" ? "" : `${words} `;
  const next = new Map<string, string>();
  for (const { name, summary } of commands) {
    if (!name.startsWith(prefix) || name === words) continue;
    const word = name.slice(prefix.length).split(" ")[0]!;
    next.set(word, name === prefix + word ? summary : `commands of '${prefix}${word}'`);
  }
  return {
    words,
    next: [...next].map(([word, about]) => ({ word, about })),
    flags: flagsOf({ ...(command?.flags ?? {}), ...GLOBAL_FLAGS }),
    argument: Object.values(command?.arguments ?? {})[0],
  };
}

function flagsOf(flags: Flags): Place["flags"] {
  return Object.entries(flags).map(([name, declaration]) => ({
    flag: typed(name),
    ...(declaration.short ? { short: `-${declaration.short}` } : {}),
    declaration,
  }));
}

/** Flags that take a value, with what may be offered for it, across all places. */
function valueFlags(all: readonly Place[]): Map<string, Flag> {
  return new Map(
    all.flatMap((p) => p.flags).filter((f) => f.declaration.value).map((f) => [f.flag, f.declaration]),
  );
}

function bash(commands: readonly Command[]): string {
  const all = places(commands);
  const values = [...valueFlags(all)];
  const offer = (words: readonly string[]) =>
    `COMPREPLY=($(compgen -W ${quoted(words.join(" "))} -- "$current"))`;
  const filesOr = (kind: string | undefined, choices: readonly string[] | undefined) =>
    choices
      ? offer(choices)
      : kind === "folder"
      ? "_osiris_files -d"
      : kind === "file"
      ? "_osiris_files -f"
      : ":";
  return `# bash completion for osiris
_osiris_files() {
  compopt -o filenames 2>/dev/null
  local IFS=$'\\n'
  COMPREPLY=($(compgen "$1" -- "$current"))
}

_osiris() {
  COMPREPLY=()
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="" place="" word i skip=0
  [ "$COMP_CWORD" -gt 0 ] && previous="\${COMP_WORDS[COMP_CWORD-1]}"
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    if [ "$skip" = 1 ]; then skip=0; continue; fi
    case "$word" in
      ${values.map(([flag]) => flag).join("|")}) skip=1 ;;
      -*) ;;
      *)
        case "\${place:+$place }$word" in
          ${
    all.filter((p) => p.words).map((p) => quoted(p.words)).join("|")
  }) place="\${place:+$place }$word" ;;
        esac
        ;;
    esac
  done
  case "$previous" in
${values.map(([flag, f]) => `    ${flag}) ${filesOr(f.kind, f.choices)}; return ;;`).join("\n")}
  esac
  case "$place" in
${
    all.map((p) =>
      `    ${quoted(p.words)})
      case "$current" in
        -*) ${offer(p.flags.map((f) => f.flag))} ;;
        *) ${
        p.next.length > 0 ? offer(p.next.map((n) => n.word)) : filesOr(p.argument?.kind, p.argument?.choices)
      } ;;
      esac
      ;;`
    ).join("\n")
  }
  esac
}

complete -F _osiris osiris
`;
}

function zsh(commands: readonly Command[]): string {
  const all = places(commands);
  const described = (word: string, about: string) => quoted(`${word.replaceAll(":", "\\:")}:${about}`);
  const filesOr = (kind: string | undefined, choices: readonly string[] | undefined) =>
    choices
      ? `compadd -- ${choices.map(quoted).join(" ")}`
      : kind === "folder"
      ? "_files -/"
      : kind === "file"
      ? "_files"
      : ":";
  return `#compdef osiris
# zsh completion for osiris
_osiris() {
  local place="" word previous="\${words[CURRENT-1]}" current="\${words[CURRENT]}" i skip=0
  local -a offers
  for ((i = 2; i < CURRENT; i++)); do
    word="\${words[i]}"
    if [[ $skip == 1 ]]; then skip=0; continue; fi
    case "$word" in
      ${[...valueFlags(all).keys()].join("|")}) skip=1 ;;
      -*) ;;
      *)
        case "\${place:+$place }$word" in
          ${
    all.filter((p) => p.words).map((p) => quoted(p.words)).join("|")
  }) place="\${place:+$place }$word" ;;
        esac
        ;;
    esac
  done
  case "$previous" in
${[...valueFlags(all)].map(([flag, f]) => `    ${flag}) ${filesOr(f.kind, f.choices)}; return ;;`).join("\n")}
  esac
  case "$place" in
${
    all.map((p) =>
      `    ${quoted(p.words)})
      if [[ "$current" == -* ]]; then
        offers=(${p.flags.map((f) => described(f.flag, f.declaration.summary)).join(" ")})
        _describe 'flag' offers
      else
        ${
        p.next.length > 0
          ? `offers=(${
            p.next.map((n) => described(n.word, n.about)).join(" ")
          })\n        _describe 'command' offers`
          : filesOr(p.argument?.kind, p.argument?.choices)
      }
      fi
      ;;`
    ).join("\n")
  }
  esac
}

if [[ "$funcstack[1]" == _osiris ]]; then _osiris "$@"; else compdef _osiris osiris; fi
`;
}

function fish(commands: readonly Command[]): string {
  const all = places(commands);
  const values = [...valueFlags(all).keys()];
  const lines = all.flatMap((p) => {
    const at = `-n "__osiris_at '${p.words}'"`;
    return [
      ...p.next.map((n) => `complete -c osiris ${at} -f -a ${fishQuoted(n.word)} -d ${fishQuoted(n.about)}`),
      ...p.flags.map((f) =>
        `complete -c osiris ${at} -l ${f.flag.slice(2)}${f.short ? ` -s ${f.short.slice(1)}` : ""}${
          fishValue(f.declaration)
        } -d ${fishQuoted(f.declaration.summary)}`
      ),
      ...fishArgument(at, p),
    ];
  });
  return `# fish completion for osiris
function __osiris_at
  set -l place
  set -l skip 0
  for word in (commandline -opc)[2..-1]
    if test $skip = 1
      set skip 0
    else if contains -- $word ${values.join(" ")}
      set skip 1
    else if not string match -q -- '-*' $word
      set -l further (string join ' ' -- $place $word)
      if contains -- $further ${all.filter((p) => p.words).map((p) => fishQuoted(p.words)).join(" ")}
        set place $further
      end
    end
  end
  test "$place" = "$argv[1]"
end

${lines.join("\n")}
`;
}

function fishValue(flag: Flag): string {
  if (!flag.value) return "";
  if (flag.choices) return ` -x -a ${fishQuoted(flag.choices.join(" "))}`;
  if (flag.kind === "folder") return " -x -a '(__fish_complete_directories)'";
  return flag.kind === "file" ? " -r -F" : " -x";
}

function fishArgument(at: string, place: Place): string[] {
  const argument = place.argument;
  if (!argument) return [`complete -c osiris ${at} -f`];
  if (argument.choices) return [`complete -c osiris ${at} -f -a ${fishQuoted(argument.choices.join(" "))}`];
  if (argument.kind === "folder") return [`complete -c osiris ${at} -f -a '(__fish_complete_directories)'`];
  return argument.kind === "file" ? [] : [`complete -c osiris ${at} -f`];
}

function powershell(commands: readonly Command[]): string {
  const all = places(commands);
  const text = (s: string) => `'${s.replaceAll("'", "''")}'`;
  const entry = (word: string, about: string) => `@(${text(word)}, ${text(about)})`;
  const values = [...valueFlags(all)];
  return `# PowerShell completion for osiris
Register-ArgumentCompleter -Native -CommandName osiris -ScriptBlock {
  param($current, $tree, $cursor)
  $places = @{
${
    all.map((p) =>
      `    ${text(p.words)} = @{
      words = @(${
        [...p.next.map((n) => entry(n.word, n.about)), ...(p.argument?.choices ?? []).map((c) => entry(c, c))]
          .map((e) => `,${e}`).join("; ")
      })
      flags = @(${p.flags.map((f) => `,${entry(f.flag, f.declaration.summary)}`).join("; ")})
    }`
    ).join("\n")
  }
  }
  $choices = @{ ${
    values.map(([flag, f]) => `${text(flag)} = @(${(f.choices ?? []).map(text).join(", ")})`).join("; ")
  } }
  $typed = @($tree.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursor } | Select-Object -Skip 1 | ForEach-Object { "$_" })
  $place = ''
  $skip = $false
  foreach ($word in $typed) {
    if ($skip) { $skip = $false; continue }
    if ($choices.ContainsKey($word)) { $skip = $true; continue }
    if ($word.StartsWith('-')) { continue }
    $further = "$place $word".Trim()
    if ($places.ContainsKey($further)) { $place = $further }
  }
  if ($typed.Count -gt 0 -and $choices.ContainsKey($typed[-1])) {
    $offers = @($choices[$typed[-1]] | ForEach-Object { ,@($_, $_) })
  } elseif ("$current".StartsWith('-')) {
    $offers = $places[$place].flags
  } else {
    $offers = $places[$place].words
  }
  $offers | Where-Object { $_[0] -like "$current*" } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_[0], $_[0], 'ParameterValue', $_[1])
  }
}
`;
}

/** A word as POSIX shells take it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function fishQuoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

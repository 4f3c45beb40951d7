/**
 * Compares what a command printed with what a page shows. In the page `…` stands for any text of a line,
 * and a line of nothing but `…` for any number of lines.
 */
export function fits(printed: string, shown: string): boolean {
  return pattern(shown).test(lines(printed).map((line) => `${line}\n`).join(""));
}

function pattern(shown: string): RegExp {
  const parts = lines(shown).map((line) =>
    line.trim() === "…" ? "(?:.*\\n)*?" : `${line.split("…").map(literal).join(".*?")}\\n`
  );
  return new RegExp(`^${parts.join("")}$`);
}

/** The lines, without spaces at their ends and without empty ones at the end of the text. */
function lines(text: string): string[] {
  const trimmed = text.trimEnd();
  return trimmed === "" ? [] : trimmed.split("\n").map((line) => line.trimEnd());
}

function literal(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}

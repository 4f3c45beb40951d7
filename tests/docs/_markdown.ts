/** What the documentation tests need to know of a Markdown page: its fenced blocks, headings and links. */

/** A fenced block. */
export interface Block {
  readonly language: string;
  readonly text: string;
  /** The line of its opening fence, from 1. */
  readonly line: number;
}

/** A link to another place. */
export interface Link {
  readonly target: string;
  readonly line: number;
}

/** A page taken apart. */
export interface Page {
  readonly blocks: readonly Block[];
  readonly links: readonly Link[];
  /** The anchors of its headings, as GitHub makes them. */
  readonly anchors: ReadonlySet<string>;
}

/** Takes a page apart. Links and headings inside fenced blocks and code spans are text and nothing else. */
export function readPage(markdown: string): Page {
  const blocks: Block[] = [];
  const links: Link[] = [];
  const anchors = new Set<string>();
  let open: { fence: string; language: string; line: number; lines: string[] } | undefined;
  markdown.split("\n").forEach((line, index) => {
    const fence = /^\s*(`{3,})\s*(\S*)/.exec(line);
    if (open) {
      if (fence && fence[1]!.length >= open.fence.length && fence[2] === "") {
        blocks.push({ language: open.language, line: open.line, text: dedented(open.lines) });
        open = undefined;
      } else open.lines.push(line);
    } else if (fence) {
      open = { fence: fence[1]!, language: fence[2]!, line: index + 1, lines: [] };
    } else {
      const heading = /^#{1,6}\s+(.*?)\s*$/.exec(line);
      if (heading) anchors.add(freshAnchor(heading[1]!, anchors));
      for (const [, target] of line.replaceAll(/`[^`]*`/g, "").matchAll(/\]\(([^()\s]+)\)/g)) {
        links.push({ target: target!, line: index + 1 });
      }
    }
  });
  if (open) throw new Error(`the block opened in line ${open.line} is never closed`);
  return { blocks, links, anchors };
}

/** The text without the indentation that all its lines share, as in a block inside a list. */
function dedented(lines: readonly string[]): string {
  const margins = lines.filter((line) => line.trim() !== "").map((line) =>
    line.length - line.trimStart().length
  );
  const margin = Math.min(...margins, Infinity);
  return lines.map((line) => line.slice(Math.min(margin, line.length))).join("\n");
}

function freshAnchor(heading: string, taken: ReadonlySet<string>): string {
  const slug = heading
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(/\s/g, "-");
  let anchor = slug;
  for (let n = 1; taken.has(anchor); n++) anchor = `${slug}-${n}`;
  return anchor;
}

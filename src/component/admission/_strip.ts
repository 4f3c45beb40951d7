import { type Diagnostic, OsirisError } from "../../diagnostic.ts";

/** What a text is without its types; the lines stay what they were. */
export interface Stripped {
  readonly text?: string;
  readonly fault?: Pick<Diagnostic, "message" | "line" | "column">;
}

/** Takes the types out of TypeScript. The library is loaded by the first driver that needs it. */
export async function strip(text: string): Promise<Stripped> {
  const { transform } = await import("sucrase");
  try {
    const { code } = transform(text, { transforms: ["typescript"], disableESTransforms: true });
    return { text: code };
  } catch (error) {
    if (!isSyntaxError(error)) throw new OsirisError("DRV414", `Cannot read TypeScript: ${String(error)}`);
    const { line, column } = error.loc;
    return { fault: { message: error.message.replace(/ \(\d+:\d+\)$/, ""), line, column } };
  }
}

function isSyntaxError(error: unknown): error is Error & { loc: { line: number; column: number } } {
  return error instanceof Error && "loc" in error;
}

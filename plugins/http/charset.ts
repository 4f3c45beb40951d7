import { HttpFailure } from "./failure.ts";

/** What reads an answer's bytes as text, in the charset that it says. */
export function decoderOf(request: string, { headers }: Response): TextDecoder {
  const charset = /charset="?([^";\s]+)/i.exec(headers.get("content-type") ?? "")?.[1] ?? "utf-8";
  try {
    return new TextDecoder(charset, { fatal: true });
  } catch {
    throw new HttpFailure(request, "config", `the answer's charset is not known: ${charset.slice(0, 40)}`, {
      help: "ask for UTF-8, for example with an accept-charset header",
    });
  }
}

/** The text of some bytes, or of what is left at the end. A byte that means nothing is an error. */
export function decode(request: string, decoder: TextDecoder, chunk?: Uint8Array): string {
  try {
    return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
  } catch {
    throw new HttpFailure(request, "config", `the answer is not valid ${decoder.encoding}`, {
      help: "ask the server for UTF-8, or for its right charset in content-type",
    });
  }
}

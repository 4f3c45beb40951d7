import type { Failure } from "../../diagnostic.ts";
import type { Markup } from "../_markup.ts";
import type { Cause, Frame } from "../run_view.ts";
import type { Highlight } from "./_highlight.ts";
import { Pieces } from "./code.tsx";
import { cardId } from "./_words.ts";

/** The first thing that went wrong, the line that brought it about, and the way out. */
export function Failed({ cause, highlight }: {
  readonly cause: Cause;
  readonly highlight: Highlight;
}): Markup {
  return (
    <div class="cause">
      <FailureText failure={cause} />
      {cause.step === undefined ? null : (
        <p>
          It happened in{" "}
          <a href={`#${cardId(cause.step)}`}>
            step <code>{cause.step}</code>
          </a>.
        </p>
      )}
      {cause.frame === undefined ? null : <FrameBox frame={cause.frame} highlight={highlight} />}
    </div>
  );
}

/** A failure: its code, what is and what should be, and what to do. */
export function FailureText({ failure }: { readonly failure: Failure }): Markup {
  return (
    <div class="failure">
      <p>
        <code class="code-name">{failure.code}</code> <span class="message">{failure.message}</span>
      </p>
      {failure.help === undefined ? null : (
        <p class="help">
          <strong>To do:</strong> {failure.help}
        </p>
      )}
    </div>
  );
}

/** Some lines of a text with the one that is meant marked, as an editor shows them. */
function FrameBox({ frame, highlight }: { readonly frame: Frame; readonly highlight: Highlight }): Markup {
  const where = `${frame.file}, line ${frame.line}`;
  return (
    <figure class="frame">
      <figcaption>{where}</figcaption>
      <pre tabindex={0} role="group" aria-label={`The lines around ${where}`}>
        {frame.lines.map(({ number, text, meant }) => (
          <span class={meant ? "line meant" : "line"}>
            <span class="gutter" aria-hidden="true">{`${meant ? "▶" : " "} ${String(number).padStart(4)}  `}</span>
            <code><Pieces pieces={highlight("yaml", text)} /></code>
          </span>
        ))}
      </pre>
    </figure>
  );
}

import { bytes, counted } from "../../amounts.ts";
import type { Markup } from "../_markup.ts";
import type { StepView } from "../run_view.ts";

/** What the step was allowed to touch, and what of it it did touch. */
export function Access({ step }: { readonly step: StepView }): Markup {
  const { grants, used, denied } = step;
  const kinds = ["read", "write", "net"] as const;
  const none = kinds.every((kind) => grants[kind].length === 0 && (used?.[kind].length ?? 0) === 0);
  return (
    <section class="part">
      <h4>Permissions</h4>
      <p class="soft">
        {isolationText(step)}
        {none ? " It was granted nothing outside." : ""}
      </p>
      {none ? null : (
        <ul class="grants">
          {kinds.flatMap((kind) => {
            const touched = used?.[kind] ?? [];
            const granted = grants[kind].map((what) => ({ what, granted: true }));
            const narrower = touched.filter((what) => !grants[kind].includes(what)).map((what) => ({
              what,
              granted: false,
            }));
            return [...granted, ...narrower].map(({ what, granted }) => (
              <li>
                <span class="kind">{KINDS[kind]}</span> <code class="long">{what}</code>{" "}
                <Use granted={granted} touched={touched.includes(what)} counted={used !== undefined} />
              </li>
            ));
          })}
        </ul>
      )}
      {used === undefined || used.more === 0
        ? null
        : <p class="soft">and {counted(used.more, "more place")} it touched</p>}
      {used === undefined || used.unused.length === 0 ? null : (
        <p class="soft">
          Declared by its component and not used: {used.unused.map(({ permission, template }, i) => (
            <>
              {i === 0 ? "" : ", "}
              {permission} <code>{template}</code>
            </>
          ))}
        </p>
      )}
      {used?.bytes_in === undefined && used?.bytes_out === undefined ? null : (
        <p class="soft">
          {[
            ...(used?.bytes_in === undefined ? [] : [`${bytes(used.bytes_in)} in`]),
            ...(used?.bytes_out === undefined ? [] : [`${bytes(used.bytes_out)} out`]),
          ].join(", ")}
          {used.counted_by.length === 0
            ? ""
            : `, counted by the ${used.counted_by.join(" and the driver's ")}`}
        </p>
      )}
      {denied.length === 0 ? null : (
        <ul class="denied" aria-label="Refused">
          {denied.map(({ permission, resource }) => (
            <li>
              Refused: {permission} {resource === undefined ? null : <code class="long">{resource}</code>}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

const KINDS = { read: "Read", write: "Write", net: "Network" } as const;

/** Whether a grant was used; nothing is said where nobody counted. */
function Use({ granted, touched, counted }: {
  readonly granted: boolean;
  readonly touched: boolean;
  readonly counted: boolean;
}): Markup | null {
  if (!counted) return null;
  if (!granted) return <span class="soft">touched</span>;
  return touched ? <span class="used">used</span> : <span class="soft">granted</span>;
}

function isolationText({ isolation, connection }: StepView): string {
  const where = {
    worker: "Its driver ran in a worker of Osiris.",
    process: "Its driver ran in a process of its own.",
    "process+os": "Its driver ran in a process that the operating system walled in.",
  }[isolation ?? ""] ??
    (isolation === undefined ? "No driver of it started." : `Its driver ran in: ${isolation}.`);
  return connection === undefined ? where : `${where} It used the connection ${connection}.`;
}

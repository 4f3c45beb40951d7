import { count, counted, duration } from "../../amounts.ts";
import type { Markup } from "../_markup.ts";
import type { ProfileNode, StepView } from "../run_view.ts";

/** The engine's own account of a step's statements: what it did, how many rows, how long. */
export function Profile({ step, nodes }: {
  readonly step: StepView;
  readonly nodes: readonly ProfileNode[];
}): Markup | null {
  if (nodes.length === 0) return null;
  const most = Math.max(...nodes.flatMap(timesOf), 0);
  return (
    <details class="part more">
      <summary>
        <h4>Engine profile</h4> <span class="soft">{counted(nodes.flatMap(timesOf).length, "operator")}</span>
      </summary>
      <ul class="profile" aria-label={`Engine profile of ${step.id}`}>
        {nodes.map((node) => <Operator node={node} most={most} />)}
      </ul>
    </details>
  );
}

function Operator({ node, most }: { readonly node: ProfileNode; readonly most: number }): Markup {
  const share = most === 0 ? 0 : Math.round((node.ms ?? 0) / most * 100);
  return (
    <li>
      <span class="operator">{node.operator.replaceAll("_", " ").toLowerCase()}</span>
      <svg class="share" width="60" height="8" aria-hidden="true">
        <rect class="track" width="60" height="8" rx="4" />
        <rect class="bar" width={Math.round(share * 0.6)} height="8" rx="4" />
      </svg>
      <span class="soft">
        {[
          ...(node.rows === undefined ? [] : [`${count(node.rows)} rows`]),
          ...(node.ms === undefined ? [] : [node.ms < 1 ? `${node.ms.toFixed(2)} ms` : duration(node.ms)]),
        ].join(", ")}
      </span>
      {node.details.length === 0
        ? null
        : <p class="soft details">{node.details.map(({ name, value }) => `${name}: ${value}`).join(" · ")}
        </p>}
      {node.children.length === 0
        ? null
        : <ul>{node.children.map((child) => <Operator node={child} most={most} />)}</ul>}
    </li>
  );
}

function timesOf(node: ProfileNode): number[] {
  return [node.ms ?? 0, ...node.children.flatMap(timesOf)];
}

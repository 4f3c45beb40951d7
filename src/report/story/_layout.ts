/**
 * Where the steps of a graph stand: from left to right, in the order of the data, each layer a band of its own.
 *
 * dagre keeps edges from crossing, and takes seconds for hundreds of steps; a graph of that size is looked at as a
 * whole, so there the steps stand in columns by how many steps lie before them.
 *
 * @module
 */

import type { EdgeView, StepView } from "../run_view.ts";

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Positions are those of centres; sizes are CSS pixels. */
export interface GraphLayout {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly (Point & { readonly id: string })[];
  readonly edges: readonly {
    readonly edge: EdgeView;
    readonly points: readonly Point[];
    readonly label?: Point;
  }[];
  readonly bands: readonly { readonly layer: string; readonly x: number; readonly width: number }[];
}

export const NODE: { readonly width: number; readonly height: number } = { width: 176, height: 54 };

/** Room for the number of rows on an edge. */
const LABEL = { width: 56, height: 16 };
/** Between columns, and between the steps of one. */
const GAP = { x: 66, y: 20 };
const MARGIN = 16;
/** Room above the steps for the names of the layers. */
const HEADROOM = 28;
/** More steps than this stand in plain columns. */
const MOST_LAID_OUT = 80;

type Placed = Pick<GraphLayout, "width" | "height" | "nodes" | "edges">;

/** Lays out the steps of a run. */
export async function layOut(steps: readonly StepView[], edges: readonly EdgeView[]): Promise<GraphLayout> {
  if (steps.length === 0) return { width: 0, height: 0, nodes: [], edges: [], bands: [] };
  const layered = steps.some((step) => step.layer !== undefined);
  const placed = steps.length > MOST_LAID_OUT ? inColumns(steps, edges) : await byDagre(steps, edges);
  const bands = layered ? bandsOf(steps, placed) : [];
  return bands.length > 0 ? { ...movedDown(placed, HEADROOM), bands } : { ...placed, bands };
}

async function byDagre(steps: readonly StepView[], edges: readonly EdgeView[]): Promise<Placed> {
  const { default: { graphlib, layout } } = await import("@dagrejs/dagre");
  const graph = new graphlib.Graph();
  graph.setGraph({ rankdir: "LR", nodesep: GAP.y, ranksep: GAP.x / 3, marginx: MARGIN, marginy: MARGIN });
  for (const step of steps) graph.setNode(step.id, { ...NODE });
  for (const { from, to, rows } of edges) {
    graph.setEdge(from, to, rows === undefined ? { width: 0, height: 0 } : { ...LABEL, labelpos: "c" });
  }
  for (const [from, to] of fences(steps)) graph.setEdge(from, to, { weight: 0, width: 0, height: 0 });
  for (const { fence } of fenceNodes(steps)) graph.setNode(fence, { width: 1, height: 1 });
  layout(graph);
  const at = (id: string) => graph.node(id) as Point;
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  return {
    width,
    height,
    nodes: steps.map(({ id }) => ({ id, x: at(id).x, y: at(id).y })),
    edges: edges.map((edge) => {
      const { points } = graph.edge(edge.from, edge.to) as { points: Point[] };
      const way = wayOf(points, at(edge.from), at(edge.to), steps.map(({ id }) => at(id)));
      return { edge, points: way, ...(edge.rows === undefined ? {} : { label: middleOf(way) }) };
    }),
  };
}

/** From the right side of a box to the left side of the other: straight where no box stands between, else around as dagre says. */
function wayOf(points: readonly Point[], from: Point, to: Point, boxes: readonly Point[]): Point[] {
  const start = { x: from.x + NODE.width / 2, y: from.y };
  const end = { x: to.x - NODE.width / 2, y: to.y };
  const between = boxes.some(({ x }) => x > start.x && x < end.x);
  return between ? [start, ...points.slice(1, -1), end] : [start, end];
}

function middleOf(way: readonly Point[]): Point {
  const middle = (way.length - 1) / 2;
  const [before, after] = [way[Math.floor(middle)]!, way[Math.ceil(middle)]!];
  return { x: (before.x + after.x) / 2, y: (before.y + after.y) / 2 };
}

/** The border after each layer but the last: no step of a later layer stands before it. */
function fenceNodes(steps: readonly StepView[]): { fence: string; before: StepView[]; after: StepView[] }[] {
  const layers = [...new Set(steps.map((step) => step.layer ?? ""))];
  if (layers.length < 2 || !inOrder(steps, layers)) return [];
  return layers.slice(1).map((_, i) => ({
    // No step id holds a space.
    fence: `layer ${i}`,
    before: steps.filter((step) => (step.layer ?? "") === layers[i]),
    after: steps.filter((step) => (step.layer ?? "") === layers[i + 1]),
  }));
}

function fences(steps: readonly StepView[]): [string, string][] {
  return fenceNodes(steps).flatMap(({ fence, before, after }) => [
    ...before.map(({ id }): [string, string] => [id, fence]),
    ...after.map(({ id }): [string, string] => [fence, id]),
  ]);
}

/** Whether no step waits for one of a later layer: only then can layers be bands side by side. */
function inOrder(steps: readonly StepView[], layers: readonly string[]): boolean {
  const layer = new Map(steps.map((step) => [step.id, layers.indexOf(step.layer ?? "")]));
  return steps.every((step) => step.depends_on.every((id) => (layer.get(id) ?? 0) <= layer.get(step.id)!));
}

/** Each step one column after the last of those it waits for. */
function inColumns(steps: readonly StepView[], edges: readonly EdgeView[]): Placed {
  const column = new Map<string, number>();
  const filled: number[] = [];
  const nodes = steps.map(({ id, depends_on }) => {
    const c = Math.max(-1, ...depends_on.map((before) => column.get(before) ?? -1)) + 1;
    const row = filled[c] ?? 0;
    column.set(id, c);
    filled[c] = row + 1;
    return {
      id,
      x: MARGIN + NODE.width / 2 + c * (NODE.width + GAP.x),
      y: MARGIN + NODE.height / 2 + row * (NODE.height + GAP.y),
    };
  });
  const at = new Map(nodes.map((node) => [node.id, node]));
  return {
    width: 2 * MARGIN + filled.length * (NODE.width + GAP.x) - GAP.x,
    height: 2 * MARGIN + Math.max(...filled) * (NODE.height + GAP.y) - GAP.y,
    nodes,
    edges: edges.flatMap((edge) => {
      const [from, to] = [at.get(edge.from), at.get(edge.to)];
      if (from === undefined || to === undefined) return [];
      const points = [
        { x: from.x + NODE.width / 2, y: from.y },
        { x: to.x - NODE.width / 2, y: to.y },
      ];
      return [{ edge, points }];
    }),
  };
}

/** The columns that each layer takes; none where layers share one. */
function bandsOf(steps: readonly StepView[], { nodes }: Placed): GraphLayout["bands"] {
  const layerOf = new Map(steps.map((step) => [step.id, step.layer]));
  const spans = new Map<string, { from: number; to: number }>();
  for (const { id, x } of nodes) {
    const layer = layerOf.get(id);
    if (layer === undefined) continue;
    const span = spans.get(layer) ?? { from: Infinity, to: -Infinity };
    spans.set(layer, {
      from: Math.min(span.from, x - NODE.width / 2),
      to: Math.max(span.to, x + NODE.width / 2),
    });
  }
  const bands = [...spans].map(([layer, { from, to }]) => ({ layer, x: from - 10, width: to - from + 20 }))
    .sort((a, b) => a.x - b.x);
  const apart = bands.every((band, i) => i === 0 || bands[i - 1]!.x + bands[i - 1]!.width <= band.x + 20);
  return apart ? bands : [];
}

function movedDown(placed: Placed, by: number): Placed {
  const down = <T extends Point>(point: T): T => ({ ...point, y: point.y + by });
  return {
    width: placed.width,
    height: placed.height + by,
    nodes: placed.nodes.map(down),
    edges: placed.edges.map(({ edge, points, label }) => ({
      edge,
      points: points.map(down),
      ...(label === undefined ? {} : { label: down(label) }),
    })),
  };
}

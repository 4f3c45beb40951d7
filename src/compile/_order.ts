/** The order in which steps may run: each after what it depends on, ties in the order of the text. @module */

import type { StepDecl } from "../oml/mod.ts";

/** The steps in order. Those that no order reaches (a cycle, which the language reports) are left out. */
export function inOrder(steps: readonly StepDecl[]): StepDecl[] {
  const known = new Set(steps.map((step) => step.id));
  const waiting = new Map(
    steps.map((step) => [step.id, step.dependsOn.filter((id) => known.has(id)).length]),
  );
  const followers = new Map<string, StepDecl[]>();
  for (const step of steps) {
    for (const id of step.dependsOn) followers.set(id, [...followers.get(id) ?? [], step]);
  }
  const ready = new FirstOf(steps.filter((step) => waiting.get(step.id) === 0));
  const ordered: StepDecl[] = [];
  for (let step = ready.take(); step; step = ready.take()) {
    ordered.push(step);
    for (const follower of followers.get(step.id) ?? []) {
      const left = waiting.get(follower.id)! - 1;
      waiting.set(follower.id, left);
      if (left === 0) ready.add(follower);
    }
  }
  return ordered;
}

/** Gives back the step that stands first in the text: a binary heap. */
class FirstOf {
  readonly #heap: StepDecl[] = [];

  constructor(steps: Iterable<StepDecl>) {
    for (const step of steps) this.add(step);
  }

  add(step: StepDecl): void {
    let at = this.#heap.push(step) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#heap[parent]!.index <= step.index) break;
      this.#heap[at] = this.#heap[parent]!;
      at = parent;
    }
    this.#heap[at] = step;
  }

  take(): StepDecl | undefined {
    const first = this.#heap[0];
    const last = this.#heap.pop();
    if (last && this.#heap.length > 0) this.#sink(last);
    return first;
  }

  #sink(step: StepDecl): void {
    let at = 0;
    while (true) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      if (left >= this.#heap.length) break;
      const least = right < this.#heap.length && this.#heap[right]!.index < this.#heap[left]!.index
        ? right
        : left;
      if (this.#heap[least]!.index >= step.index) break;
      this.#heap[at] = this.#heap[least]!;
      at = least;
    }
    this.#heap[at] = step;
  }
}

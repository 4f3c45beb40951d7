import { attempt, type Bench, type Outcome, type Variation } from "./_attempt.ts";
import type { Example } from "./_example.ts";

/** What is wrong, and what to do about it. */
export interface Fault {
  readonly reason: string;
  readonly next: string;
}

/** One thing that is checked. */
export interface Check {
  /** Names it for programs. */
  readonly id: string;
  /** What holds when all is well. */
  readonly title: string;
  /** Why it cannot be checked here; it is left out where it says nothing about the component. */
  skip?(subject: Subject): string | undefined;
  run(subject: Subject): Promise<Fault | undefined>;
}

/** The component under test, and everything that was seen of it so far. */
export class Subject {
  readonly outcomes: { readonly example: Example; readonly outcome: Outcome }[] = [];

  constructor(readonly bench: Bench, readonly examples: readonly Example[]) {}

  /** The examples that show it at work. */
  get working(): readonly Example[] {
    return this.examples.filter(({ gives }) => gives !== undefined);
  }

  /** The examples whose rows go through the driver. */
  get moving(): readonly Example[] {
    return this.bench.entry.spec.carries === "engine"
      ? []
      : this.working.filter(({ gives }) => gives?.kind === undefined);
  }

  /** Whether an attempt had to be ended; others would take as long. */
  get stuck(): boolean {
    return this.outcomes.some(({ outcome }) => outcome.timedOut);
  }

  async attempt(example: Example, variation: Variation = {}): Promise<Outcome> {
    const outcome = await attempt(this.bench, example, variation);
    this.outcomes.push({ example, outcome });
    return outcome;
  }
}

/** The first fault that one of these has. */
export async function firstFault<T>(
  each: Iterable<T>,
  look: (one: T) => Promise<Fault | undefined>,
): Promise<Fault | undefined> {
  for (const one of each) {
    const fault = await look(one);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** What two attempts with the same input have in common. */
export function resultOf({ given, relation, files, staged, failure, asked }: Outcome): unknown {
  return { given, relation, files, staged, failure: failure?.message, asked };
}

/** A driver's own message, without what the host puts before it. */
export function saidBy(failure: Error): string {
  return failure.message.replace(/^Cannot run \S+ in step 'example': /, "");
}

/** An error that the driver's author did not foresee. */
export function isAccident(failure: Error): boolean {
  return /^(?:Type|Reference|Range|Syntax|Internal)Error: /.test(saidBy(failure));
}

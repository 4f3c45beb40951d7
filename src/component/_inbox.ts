/** What a driver answered, until somebody waits for it. @module */

import { Violation } from "./_plain.ts";
import type { DriverMessage } from "./protocol.ts";

/** Batches a driver may have in flight. */
export const CREDIT = 8;

/** What a driver says when it was asked. */
export type Answer = Exclude<
  DriverMessage,
  { type: "log" | "event" | "metric" | "progress" | "used" | "error" | "credit" | "accepts" }
>;
export type AnswerType = Answer["type"];

/** A driver's answers, in order; it may send batches as far as it has credit, and little else unasked. */
export class Inbox {
  readonly #answers: Answer[] = [];
  #waiter: PromiseWithResolvers<Answer> | undefined;
  #credit = 0;

  /** The answer that nobody has taken yet. */
  get first(): Answer | undefined {
    return this.#answers[0];
  }

  /** Batches that are here or may still come. */
  get batchesDue(): number {
    return this.#credit + this.#answers.filter(({ type }) => type === "batch").length;
  }

  /** Lets the driver send `batches` more. */
  grant(batches: number): void {
    this.#credit += batches;
  }

  /** Takes an answer. Throws a `Violation` for one that the driver may not give now. */
  put(answer: Answer): void {
    if (answer.type === "batch" && --this.#credit < 0) throw new Violation("a batch beyond its credit");
    const waiter = this.#waiter;
    this.#waiter = undefined;
    if (waiter !== undefined) waiter.resolve(answer);
    else if (this.#answers.length > CREDIT + 1) throw new Violation("answers that nobody had asked for");
    else this.#answers.push(answer);
  }

  /** The next answer, if it is here. */
  take(): Answer | undefined {
    return this.#answers.shift();
  }

  /** The answer that comes next. */
  wait(): Promise<Answer> {
    this.#waiter = Promise.withResolvers();
    return this.#waiter.promise;
  }

  /** No answer comes any more: whoever waits is told why. */
  fail(error: unknown): void {
    this.#waiter?.reject(error);
    this.#waiter = undefined;
  }
}

/** How long nobody may be served before one more is made: far longer than a relation takes, or a worker to start. */
const PATIENCE_MS = 250;

interface Waiting<T> {
  resolve(item: T | Promise<T>): void;
  reject(error: unknown): void;
  make(): Promise<T>;
}

/** Those who wait for the same kind of thing, first come, first served. */
export class Line<T> {
  readonly #waiting: Waiting<T>[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;

  /** The next thing that is offered. Who waits first and too long makes one, and the others wait on. */
  join(make: () => Promise<T>): Promise<T> {
    this.#timer ??= setInterval(() => this.makeOne(), PATIENCE_MS);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject, make }));
  }

  /** Gives a thing to the first in the line; false when nobody waits. */
  offer(item: T): boolean {
    const first = this.#leave();
    first?.resolve(item);
    return first !== undefined;
  }

  /** Lets the first in the line make one. */
  makeOne(): void {
    const first = this.#leave();
    first?.resolve(first.make());
  }

  /** Nothing will be offered any more. */
  end(reason: unknown): void {
    for (let first = this.#leave(); first !== undefined; first = this.#leave()) first.reject(reason);
  }

  #leave(): Waiting<T> | undefined {
    const first = this.#waiting.shift();
    if (this.#waiting.length === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    return first;
  }
}

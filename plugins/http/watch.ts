/** Ends a request whose server stays silent. */
export class Watch {
  readonly #controller = new AbortController();
  readonly #timer: ReturnType<typeof setInterval>;
  readonly signal: AbortSignal;
  #silentFor = 0;
  #resting = false;
  expired = false;

  constructor(signal: AbortSignal, seconds: number) {
    this.signal = AbortSignal.any([signal, this.#controller.signal]);
    const tick = Math.min(250, seconds * 250);
    this.#timer = setInterval(() => {
      if (this.#resting) return;
      this.#silentFor += tick;
      if (this.#silentFor >= seconds * 1000) this.#expire();
    }, tick);
  }

  /** The server said something, or is waited for from now on. */
  alive(): void {
    this.#silentFor = 0;
    this.#resting = false;
  }

  /** The server is not waited for: what it said is being worked on. */
  rest(): void {
    this.#resting = true;
  }

  end(): void {
    clearInterval(this.#timer);
  }

  #expire(): void {
    this.expired = true;
    this.end();
    this.#controller.abort();
  }
}

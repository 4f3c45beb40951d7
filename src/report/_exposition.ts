/**
 * The text format that Prometheus reads (https://prometheus.io/docs/instrumenting/exposition_formats/):
 * families of samples, each family with its help and type, each series once.
 *
 * @module
 */

export type Labels = { readonly [name: string]: string };

/** A gauge: its name, what it says, and its series by their labels. */
export class Family {
  readonly #series = new Map<string, number>();

  constructor(readonly name: string, readonly help: string) {}

  /** Sets a series; one that was set before has the later value. A value that was not measured is left out. */
  set(labels: Labels, value: number | undefined): void {
    if (value !== undefined && !Number.isNaN(value)) this.#series.set(labelsText(labels), value);
  }

  /** Its lines; none when it has no series. */
  toString(): string {
    if (this.#series.size === 0) return "";
    const samples = [...this.#series].map(([labels, value]) =>
      `${this.name}${labels} ${numberText(value)}\n`
    );
    return `# HELP ${this.name} ${this.help}\n# TYPE ${this.name} gauge\n${samples.join("")}`;
  }
}

/** Labels in their order; one without text is the same as none and is left out. */
function labelsText(labels: Labels): string {
  const texts = Object.entries(labels).map(([name, value]) => ({ name, value: labelValue(value) }));
  const given = texts.filter(({ value }) => value !== "").map(({ name, value }) => `${name}="${value}"`);
  return given.length === 0 ? "" : `{${given.join(",")}}`;
}

/** Backslash, quote and newline as the format escapes them; it has no way to write other control characters. */
function labelValue(text: string): string {
  return text.toWellFormed()
    .replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")
    // deno-lint-ignore no-control-regex -- these are what the format cannot hold
    .replace(/[\u0000-\u001f\u007f]/g, "\ufffd");
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? "+Inf" : "-Inf";
}

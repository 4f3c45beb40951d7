/** A file of lines that only grows: one line, one write, and a torn end never spoils the next line. */

const NEWLINE = 0x0a;
const encoder = new TextEncoder();

/** What a line is written to; a `Deno.FsFile`, or a faulty one in tests. */
export interface Sink {
  writeSync(bytes: Uint8Array): number;
  syncDataSync(): void;
  close(): void;
}

/** Appends lines. A line that cannot be written is reported, not thrown: the run matters more than its record. */
export class AppendFile {
  readonly #sink: Sink;
  /** Whether the file's last byte is not a line end. */
  #torn: boolean;

  constructor(sink: Sink, torn: boolean) {
    this.#sink = sink;
    this.#torn = torn;
  }

  /** Opens a file for appending, and looks at how it ends. */
  static open(path: string): AppendFile {
    const file = Deno.openSync(path, { create: true, append: true, read: true });
    return new AppendFile(file, endsTorn(file));
  }

  /** Writes one line; false when it could not be written in full. */
  line(text: string): boolean {
    const bytes = encoder.encode(`${this.#torn ? "\n" : ""}${text}\n`);
    let done = 0;
    try {
      while (done < bytes.length) done += writeSome(this.#sink, bytes.subarray(done));
      this.#torn = false;
      return true;
    } catch {
      if (done > 0) this.#torn = bytes[done - 1] !== NEWLINE;
      return false;
    }
  }

  /** Makes what was written survive a loss of power; false when the disk would not. */
  sync(): boolean {
    try {
      this.#sink.syncDataSync();
      return true;
    } catch {
      return false;
    }
  }

  close(): void {
    this.#sink.close();
  }
}

/** Writes at least one byte. A write may take less than asked without an error, and may be interrupted. */
function writeSome(sink: Sink, bytes: Uint8Array): number {
  for (;;) {
    try {
      const written = sink.writeSync(bytes);
      if (written === 0) throw new Error("nothing was written");
      return written;
    } catch (error) {
      if (!(error instanceof Deno.errors.Interrupted)) throw error;
    }
  }
}

function endsTorn(file: Deno.FsFile): boolean {
  if (file.statSync().size === 0) return false;
  file.seekSync(-1, Deno.SeekMode.End);
  const last = new Uint8Array(1);
  return file.readSync(last) === 1 && last[0] !== NEWLINE;
}

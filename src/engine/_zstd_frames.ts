/**
 * Whether a zstd file ends where its last frame ends, told by walking the frames' and blocks' headers
 * without decompressing anything (RFC 8878, section 3.1).
 *
 * @module
 */

const FRAME = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;
const DICTIONARY_ID_BYTES = [0, 1, 2, 4];
const CHECKSUM_BYTES = 4;
/** A block that repeats one byte, however long it says it is. */
const RLE = 1;

/** Throws when the file ends inside a frame, or holds something else than frames. */
export async function walkZstdFrames(path: string): Promise<void> {
  using file = await Deno.open(path);
  const reader = new Reader(file, (await file.stat()).size);
  while (!reader.atEnd) {
    const magic = (await reader.take(4)).getUint32(0, true);
    if (magic === FRAME) await walkFrame(reader);
    else if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE) reader.skip((await reader.take(4)).getUint32(0, true));
    else throw new Error("what follows is not a zstd frame");
  }
}

async function walkFrame(reader: Reader): Promise<void> {
  const descriptor = (await reader.take(1)).getUint8(0);
  const isSingle = (descriptor & 0x20) !== 0;
  const contentSize = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
  reader.skip((isSingle ? 0 : 1) + DICTIONARY_ID_BYTES[descriptor & 3]! + contentSize);
  for (let isLast = false; !isLast;) {
    const header = await reader.take(3);
    const bits = header.getUint16(0, true) | header.getUint8(2) << 16;
    isLast = (bits & 1) === 1;
    reader.skip((bits >> 1 & 3) === RLE ? 1 : bits >> 3);
  }
  if ((descriptor & 4) !== 0) reader.skip(CHECKSUM_BYTES);
}

/** A file read here and there, never past its end. */
class Reader {
  #at = 0;

  constructor(readonly file: Deno.FsFile, readonly size: number) {}

  get atEnd(): boolean {
    return this.#at === this.size;
  }

  skip(bytes: number): void {
    this.#at += bytes;
    if (this.#at > this.size) throw new Error("unexpected end of file");
  }

  async take(bytes: number): Promise<DataView> {
    const from = this.#at;
    this.skip(bytes);
    await this.file.seek(from, Deno.SeekMode.Start);
    const buffer = new Uint8Array(bytes);
    for (let got = 0; got < bytes;) got += await this.file.read(buffer.subarray(got)) ?? bytes;
    return new DataView(buffer.buffer);
  }
}

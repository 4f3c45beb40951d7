const LINE_END = 0x0a;

/**
 * The pieces of several texts as one, each when it comes, and the sum of their rows. A piece has whole rows, so that
 * no row is torn by another's.
 */
export async function* merged(
  texts: readonly AsyncGenerator<Uint8Array<ArrayBuffer>, number, void>[],
): AsyncGenerator<Uint8Array<ArrayBuffer>, number, void> {
  const coming = new Map(texts.map((text) => [text, next(text)]));
  let rows = 0;
  while (coming.size > 0) {
    const { text, came } = await Promise.race(coming.values());
    if (came.done === true) {
      rows += came.value;
      coming.delete(text);
      continue;
    }
    if (came.value.at(-1) !== LINE_END) throw new Error("the server tore a row apart");
    coming.set(text, next(text));
    yield came.value;
  }
  return rows;
}

type Text = AsyncGenerator<Uint8Array<ArrayBuffer>, number, void>;

function next(text: Text) {
  const coming = text.next().then((came) => ({ text, came }));
  coming.catch(() => {}); // heard by the race, and there may be none any more
  return coming;
}

const EVER_MS = 120_000;

/** Waits for what will come to be, however slow this machine is; what has not come in two minutes never will. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  if (!await within(EVER_MS, holds)) throw new Error(`It has not come to be in two minutes: ${holds}`);
}

/** Whether something comes to be in so many milliseconds; it is looked at once more when they are over. */
export async function within(ms: number, holds: () => boolean | Promise<boolean>): Promise<boolean> {
  for (const end = performance.now() + ms; performance.now() < end;) {
    if (await holds()) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return await holds();
}

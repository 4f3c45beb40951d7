/** Waits for what will come to be, however slow this machine is; what has not come in two minutes never will. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 120_000;
  while (!await holds()) {
    if (performance.now() > end) throw new Error(`It has not come to be in two minutes: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

import { GRACE_MS } from "../_life.ts";
import type { Example, Rows } from "./_example.ts";
import { leftBehind, takesRows } from "./_rows_in.ts";
import { type Check, firstFault, type Subject } from "./_subject.ts";

/** How long a cancelled driver may take to end by itself: hardly less than a run gives it. */
const ENDS_WITHIN_MS = GRACE_MS - 100;

/** How a driver ends that is not let finish. */
export const ENDINGS: readonly Check[] = [
  {
    id: "cancel",
    title: "it ends when it is cancelled, and leaves nothing",
    skip: ({ moving }) => moving.some(canBeStopped) ? undefined : "",
    run: (subject) =>
      firstFault(subject.moving.filter(canBeStopped), (example) => cancelled(subject, example)),
  },
  {
    id: "write.abort",
    title: "what is staged is not to be seen, and goes when it is told to",
    skip: (subject) => staging(subject).length > 0 ? undefined : "",
    run: (subject) =>
      firstFault(staging(subject), async (example) => {
        const committed = await subject.attempt(example);
        const aborted = await subject.attempt(example, { end: "abort" });
        const early = [...committed.files].find(([file, text]) => committed.stagedFiles.get(file) === text);
        if (early !== undefined) {
          return {
            reason: `'${early[0]}' was there before commit()`,
            next: "write beside the target, and rename in commit()",
          };
        }
        return leftBehind(subject, aborted, "it was told to abort");
      }),
  },
  {
    id: "write.again",
    title: "writing the same again ends well, or is refused in words",
    skip: (subject) => staging(subject).length > 0 ? undefined : "",
    run: (subject) =>
      firstFault(staging(subject), async (example) => {
        const { files } = await subject.attempt(example);
        if (files.size === 0) return undefined;
        const there = { ...example.files, ...Object.fromEntries(files) };
        const { failure, files: after } = await subject.attempt({ ...example, files: there });
        if (failure !== undefined && failure.code !== "DRV401") {
          return {
            reason: `the second time it failed: ${failure.message}`,
            next: "expect the target to be there",
          };
        }
        const stray = [...after.keys()].find((file) => !files.has(file));
        return stray === undefined ? undefined : {
          reason: `the second time it left '${stray}' behind`,
          next: "remove what is only needed for a while",
        };
      }),
  },
];

/** The examples of writes that the driver does itself, and that leave files. */
function staging({ moving }: Subject): readonly Example[] {
  return moving.filter(({ mode, then }) => mode === "write" && then !== "abort");
}

/** Whether there is something to wait for: an answer, or further rows. */
function canBeStopped(example: Example): boolean {
  return example.http !== undefined || takesRows(example);
}

async function cancelled(subject: Subject, example: Example) {
  const outcome = await subject.attempt(
    example,
    example.http !== undefined
      ? { cancel: true, trouble: { from: 0, kind: "silent" } }
      : { cancel: true, stalling: true, batchRows: 1, inputs: twice(example) },
  );
  const waiting = example.http === undefined ? "while it waited for rows" : "while it waited for an answer";
  if (outcome.timedOut) {
    return {
      reason: `it never waited for what the example gives it`,
      next: "take the rows that it is given",
    };
  }
  if ((outcome.cancelledAfterMs ?? 0) > ENDS_WITHIN_MS) {
    return {
      reason: `it was cancelled ${waiting}, and had not ended ${ENDS_WITHIN_MS / 1000} s later`,
      next: "hand the context's `signal` to fetch and to everything else that waits",
    };
  }
  return leftBehind(subject, outcome, "it was cancelled");
}

/** At least two batches of one row each. */
function twice({ inputs = {} }: Example): { readonly [name: string]: Rows } {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { columns, rows }]) => [name, { columns, rows: [...rows, ...rows] }]),
  );
}

/** `osiris state show`, `set` and `reset`: how far incremental reads have come. */

import { OsirisError } from "../../diagnostic.ts";
import type { CursorKey, StoredCursor } from "../../state/mod.ts";
import { counted } from "../../amounts.ts";
import type { Cli } from "../_cli.ts";
import { declare, type Flags } from "../_declare.ts";
import { printable } from "../../printable.ts";
import { projectOf, shownPath } from "../_project.ts";
import { table } from "../_table.ts";

/** What the commands that change cursors have in common. */
const PIPELINE = { pipeline: { value: "PIPELINE", summary: "the pipeline's name" } } as const;
const PROFILE = {
  profile: { value: "NAME", summary: "the cursors of this profile; of runs without one when not given" },
} as const satisfies Flags;
const WHOSE = { pipeline: "the pipeline's name", profile: "the profile" };

export const stateShow = declare({
  name: "state show",
  summary: "show how far incremental reads have come",
  details: [
    "A cursor is the greatest value that was loaded. It moves only when the rows are committed.",
    "A load that was interrupted while it was committed is listed as open; the next run finds out at the target whether it was done.",
  ],
  arguments: { pipeline: { value: "PIPELINE", summary: "the name of one pipeline", optional: true } },
  flags: {},
  document: {
    state: "the folder that keeps them",
    cursors:
      "each with pipeline, profile, step, column, source, value, type, since, version, session_id, updated_at",
    open: "loads whose end is not known yet: pipeline, profile, step, session_id, value",
  },
  examples: [
    { line: "osiris state show", about: "Every cursor of the project." },
    { line: "osiris state show orders --json", about: "Those of one pipeline, for a program." },
  ],
  async run({ pipeline }, cli) {
    const { openState } = await import("../../state/mod.ts");
    const { state: folder } = projectOf(cli);
    const state = openState(folder);
    const cursors = await state.listCursors(pipeline);
    const open = (await state.listIntents()).filter((intent) =>
      pipeline === undefined || intent.pipeline === pipeline
    );
    return {
      document: {
        state: folder,
        cursors: cursors.map(({ seen: _seen, identity: _identity, ...shown }) => shown),
        open: open.map(({ pipeline, profile, step, session_id, next, window }) => ({
          pipeline,
          profile,
          step,
          session_id,
          value: window ?? next?.value ?? null,
        })),
      },
      text: cursorsText(cursors, pipeline, folder, cli) +
        open.map(({ step, session_id }) =>
          `Open: session ${session_id} was about to commit what step '${printable(step)}' read\n`
        ).join(""),
    };
  },
});

function cursorsText(
  cursors: readonly StoredCursor[],
  pipeline: string | undefined,
  folder: string,
  cli: Cli,
): string {
  if (cursors.length === 0) {
    const whose = pipeline === undefined ? "" : ` of '${printable(pipeline)}'`;
    return `No cursors${whose} in ${printable(shownPath(folder, cli.cwd))}\n`;
  }
  const headings = [
    { title: "pipeline" },
    { title: "profile" },
    { title: "step" },
    { title: "column" },
    { title: "value", whole: true as const },
    { title: "moved", whole: true as const },
    { title: "by", middle: true as const },
  ];
  const rows = cursors.map((each) => [
    printable(each.pipeline),
    printable(each.profile ?? ""),
    printable(each.step),
    printable(each.column ?? ""),
    each.value === null ? "(start)" : printable(each.value),
    each.updated_at,
    each.session_id ?? "hand",
  ]);
  return table(headings, rows, cli.out);
}

export const stateSet = declare({
  name: "state set",
  summary: "set where an incremental read goes on",
  details: [
    "The next run reads from this value on, rows of this very value included, whether they were loaded before or not.",
    "A step that reads something else than before (another table, query, place or column) is refused. With --keep its cursor stays where it is, and is from now on one of what the step reads.",
  ],
  arguments: {
    ...PIPELINE,
    step: { value: "STEP", summary: "the id of the step that reads" },
    value: {
      value: "VALUE",
      summary: "the value, such as 2026-01-31 or 4711; none with --keep",
      optional: true,
    },
  },
  flags: {
    ...PROFILE,
    keep: { summary: "leave the cursor where it is, for what the step reads now" },
  },
  document: {
    ...WHOSE,
    step: "the step's id",
    before: "where it stood; null when nowhere",
    value: "where it stands",
  },
  examples: [
    { line: "osiris state set orders extract 2026-01-31T12:00:00", about: "Goes on at noon." },
    {
      line: "osiris state set orders extract --keep",
      about: "The table was renamed; its rows are the same.",
    },
  ],
  async run({ pipeline, step, value, profile, keep }, cli) {
    const { NO_CURSOR, openState } = await import("../../state/mod.ts");
    const state = openState(projectOf(cli).state);
    const key: CursorKey = { pipeline, profile: profile ?? null, step };
    const stored = (await cursorsOf(state, key)).find((each) => each.step === step);
    const before = stored?.value ?? null;
    const answer = (now: string, note: string) => ({
      document: { ...key, before, value: now },
      note: `Step '${printable(step)}' of '${printable(pipeline)}' ${note}\n`,
    });
    if (keep === (value !== undefined)) {
      throw wrongSet(
        pipeline,
        keep ? "--keep leaves it where it is" : "there is no VALUE",
        "give either of them",
      );
    }
    if (value !== undefined) {
      await state.setCursor(key, { ...NO_CURSOR, value });
      const stood = before === null ? "" : `; it stood at ${printable(before)}`;
      return answer(value, `goes on at ${printable(value)}${stood}`);
    }
    if (stored === undefined || before === null) {
      throw wrongSet(pipeline, `step '${printable(step)}' has none to keep`, "see 'osiris state show'");
    }
    const { column: _column, source: _source, ...rest } = stored;
    await state.setCursor(key, { ...rest, column: null, source: null });
    return answer(before, `goes on at ${printable(before)}, whatever it reads now`);
  },
});

function wrongSet(pipeline: string, why: string, help: string): OsirisError {
  return new OsirisError("CLI804", `Cannot set a cursor of '${printable(pipeline)}': ${why}`, {
    category: "usage",
    help,
  });
}

export const stateReset = declare({
  name: "state reset",
  summary: "let incremental reads begin at the start",
  details: [
    "What the targets hold stays: a pipeline that appends loads everything once more.",
    "With --backfills the cursors stay, and what is forgotten is which windows of --backfill runs are done.",
  ],
  arguments: {
    ...PIPELINE,
    step: { value: "STEP", summary: "the id of one step that reads", optional: true },
  },
  flags: { ...PROFILE, backfills: { summary: "forget finished windows of backfills, and no cursor" } },
  document: {
    ...WHOSE,
    reset: "the steps that begin at the start",
    windows: "with --backfills: how many windows were forgotten",
  },
  examples: [{ line: "osiris state reset orders extract", about: "The next run reads everything." }],
  async run({ pipeline, step, profile, backfills }, cli) {
    const { NO_CURSOR, openState } = await import("../../state/mod.ts");
    const state = openState(projectOf(cli).state);
    const owner = { pipeline, profile: profile ?? null };
    if (backfills) {
      const windows = await state.forgetBackfills(owner);
      return {
        document: { ...owner, reset: [], windows },
        note: `Forgot ${counted(windows, "window")} of '${printable(pipeline)}'\n`,
      };
    }
    const steps = step === undefined ? (await cursorsOf(state, owner)).map((each) => each.step) : [step];
    if (steps.length === 0) {
      throw new OsirisError("CLI804", `Cannot reset '${printable(pipeline)}': it has no cursors`, {
        category: "usage",
        help: "see 'osiris state show'; runs under a profile have cursors of their own (--profile)",
      });
    }
    for (const each of steps) await state.setCursor({ ...owner, step: each }, NO_CURSOR);
    return {
      document: { ...owner, reset: steps },
      note: `${steps.map((each) => `Step '${printable(each)}'`).join(", ")} of '${printable(pipeline)}' ${
        steps.length === 1 ? "begins" : "begin"
      } at the start\n`,
    };
  },
});

async function cursorsOf(
  state: { listCursors(pipeline: string): Promise<StoredCursor[]> },
  { pipeline, profile }: Pick<CursorKey, "pipeline" | "profile">,
): Promise<StoredCursor[]> {
  return (await state.listCursors(pipeline)).filter((each) => each.profile === profile);
}

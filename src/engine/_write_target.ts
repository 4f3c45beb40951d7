/**
 * What a write demands of its request and of what stands at its target, before any row is computed and
 * before anything that is there is touched.
 *
 * @module
 */

import { relative } from "node:path";
import type { Column } from "./engine.ts";
import { foreignFile } from "./_output_folder.ts";
import { holdsType } from "./_types.ts";
import { type Write, writeFailure } from "./_write_failure.ts";

/** What a write makes. */
export type Shape = "file" | "folder";

/** Refuses a request that cannot be met with these columns. */
export function mustFit(write: Write, columns: readonly Column[]): void {
  const { request } = write;
  if (request.writeMode === "replace_partitions" && request.partitionBy.length === 0) {
    throw writeFailure(
      write,
      "ENG504",
      "write_mode replace_partitions needs partition_by",
      "name the partition columns in partition_by",
    );
  }
  if (request.format === "json") mustBeJson(write, columns);
  const names = columns.map((column) => column.name);
  for (const column of request.partitionBy) {
    if (!names.some((name) => name.toLowerCase() === column.toLowerCase())) {
      throw writeFailure(
        write,
        "ENG532",
        `partition_by names the unknown column '${column}'`,
        `the columns are ${names.slice(0, 20).join(", ")}`,
      );
    }
  }
  if (request.partitionBy.length > 0 && request.partitionBy.length >= names.length) {
    throw writeFailure(
      write,
      "ENG532",
      "every column is a partition column, so the files would be empty",
      "leave at least one column out of partition_by",
    );
  }
}

/** Digits that leave no room for the zero before the point: the engine writes `.1`, which no JSON reader takes. */
function mustBeJson(write: Write, columns: readonly Column[]): void {
  for (const { name, type } of columns) {
    if (!holdsType(type, /\bDECIMAL\(38,38\)/)) continue;
    throw writeFailure(
      write,
      "ENG541",
      `column '${name}' is ${type}, which JSON cannot hold exactly`,
      `cast it in a query, to VARCHAR or to a DECIMAL with fewer places such as DECIMAL(38,37)`,
    );
  }
}

/** A device or a pipe would be replaced by a file of its name. */
export async function mustBeFileOrFolder(write: Write): Promise<void> {
  const found = await Deno.stat(write.staging.target).catch(() => undefined);
  if (found === undefined || found.isFile || found.isDirectory) return;
  throw writeFailure(
    write,
    "ENG530",
    `it is ${kindOf(found)}, and should be a file or a folder`,
    "name a file or a folder; rows for another program can be written to a file it reads afterwards",
  );
}

/** A folder when it is partitioned, named with a slash, or added to where a folder is. */
export async function shapeOfTarget(write: Write): Promise<Shape> {
  const { request, staging } = write;
  const found = await Deno.stat(staging.target).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  });
  if (found !== undefined && request.writeMode === "error_if_exists") {
    const help = "remove it, or set write_mode to overwrite or append";
    throw writeFailure(write, "ENG531", "it exists already", help);
  }
  const wanted = request.partitionBy.length > 0 || request.path.endsWith("/");
  if (found === undefined) return wanted ? "folder" : "file";
  if (!found.isDirectory && wanted) {
    const help = "remove the file, or name another folder";
    throw writeFailure(write, "ENG530", "it is a file, and should be a folder", help);
  }
  if (found.isDirectory && !wanted && request.writeMode !== "append") {
    const help = "name a file, or end the path with / to replace the folder whole";
    throw writeFailure(write, "ENG530", "it is a folder, and should be a file", help);
  }
  if (found.isDirectory && request.writeMode === "overwrite") {
    await mustHoldOnlyOutput(write, staging.target);
  }
  return found.isDirectory ? "folder" : "file";
}

/** Replacing a folder must not take away what no pipeline wrote. */
export async function mustHoldOnlyOutput(write: Write, folder: string): Promise<void> {
  const foreign = await foreignFile(folder, write.request.format);
  if (foreign === undefined) return;
  const name = relative(write.staging.target, foreign);
  throw writeFailure(
    write,
    "ENG530",
    `it holds '${name}', which is not a ${write.request.format} file that a pipeline wrote here`,
    "the folder would be replaced: name a folder of its own, or remove the file",
  );
}

function kindOf(info: Deno.FileInfo): string {
  if (info.isFifo) return "a pipe";
  if (info.isSocket) return "a socket";
  return info.isCharDevice || info.isBlockDevice ? "a device" : "neither";
}

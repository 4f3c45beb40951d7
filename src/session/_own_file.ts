/**
 * Whether a file lies here itself. A folder that came from elsewhere may have a link, a pipe or a device in a
 * file's place, and who shows the session would then show, or wait for, what its maker chose.
 */
export function isOwnFile(path: string): boolean {
  try {
    return Deno.lstatSync(path).isFile;
  } catch {
    return false;
  }
}

/** Whether a folder lies here itself, and no link to one. */
export function isOwnFolder(path: string): boolean {
  try {
    return Deno.lstatSync(path).isDirectory;
  } catch {
    return false;
  }
}

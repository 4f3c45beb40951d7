/**
 * The files under some folders of the checkout whose path matches, sorted, with `/` between the parts
 * on every system. Folders that do not exist have no files.
 */
export function filesUnder(root: string, folders: readonly string[], pattern: RegExp): string[] {
  const found: string[] = [];
  const visit = (folder: string) => {
    for (const entry of list(root + folder)) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory) visit(path);
      else if (pattern.test(path)) found.push(path);
    }
  };
  folders.forEach(visit);
  return found.sort();
}

function list(folder: string): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(folder)];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/**
 * Why the operating system refused something, in words; such a refusal is no fault of Osiris.
 *
 * @module
 */

const REASONS: { readonly [code: string]: string } = {
  EACCES: "it is not permitted",
  EPERM: "it is not permitted",
  EROFS: "the disk is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "the quota of the disk is used up",
  EIO: "the disk fails",
  EFBIG: "the file would become larger than is allowed",
  EBADF: "it is closed",
  EMFILE: "too many files are open",
  ENFILE: "too many files are open",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of the path is a file and should be a folder",
  EEXIST: "a part of the path is a file and should be a folder",
  ENAMETOOLONG: "the name is too long",
};

/** The reason, or undefined when the error is none of the system's. */
export function systemReason(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  if (typeof code === "string" && Object.hasOwn(REASONS, code)) return REASONS[code];
  return error instanceof Deno.errors.PermissionDenied ? REASONS.EACCES : undefined;
}

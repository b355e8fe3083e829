import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { ConfigurationError } from '../../src/support/errors.js';

/** Why a system call failed, in words. */
export function systemErrorText(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  switch (code) {
    case 'ENOENT': return 'no such file or directory';
    case 'EACCES': return 'permission denied';
    case 'EROFS': return 'read-only file system';
    case 'EISDIR': return 'is a directory';
    case 'ENOTDIR': return 'not a directory';
    case 'ENOSPC': return 'no space left on the device';
    case 'EIO': return 'input or output error';
    case 'ENOTFOUND': return 'no such host';
    case 'EADDRINUSE': return 'address already in use';
    case 'ECONNREFUSED': return 'connection refused';
    default: return error instanceof Error ? error.message : String(error);
  }
}

/** Opens an existing regular file; throws ConfigurationError naming it and `what` it was wanted for. */
export function openRegularFile(path: string, readOnly: boolean, what: string): { descriptor: number; size: number } {
  let descriptor: number;
  try {
    descriptor = openSync(path, readOnly ? 'r' : 'r+');
  } catch (error) {
    throw new ConfigurationError(`cannot open ${what} ${path}: ${systemErrorText(error)}`);
  }
  const status = fstatSync(descriptor);
  if (status.isFile()) return { descriptor, size: status.size };
  closeSync(descriptor);
  throw new ConfigurationError(`cannot use ${what} ${path}: ${status.isDirectory() ? 'is a directory' : 'not a file'}`);
}

/** Reads until `target` is full or the file ends; returns how much. */
export function readFully(descriptor: number, target: Uint8Array, position: number): number {
  let done = 0;
  while (done < target.length) {
    const count = readSync(descriptor, target, done, target.length - done, position + done);
    if (count === 0) break;
    done += count;
  }
  return done;
}

/**
 * The user's cache directory. Several processes may use it at once: what is in it is published by an atomic rename and
 * never changed afterwards, and work on a shared private directory (apt's state) is done under a lock.
 */
import { randomUUID } from 'node:crypto';
import { link, mkdir, mkdtemp, readFile, rename, rm, stat, unlink, utimes, writeFile } from 'node:fs/promises';
import { homedir, hostname } from 'node:os';
import { basename, dirname, isAbsolute, join } from 'node:path';

/** $XDG_CACHE_HOME/ulna, or ~/.cache/ulna; a relative XDG_CACHE_HOME is ignored (XDG Base Directory, "Basics"). */
export function cacheRoot(environment: NodeJS.ProcessEnv = process.env): string {
  const base = environment['XDG_CACHE_HOME'];
  return join(base && isAbsolute(base) ? base : join(environment['HOME'] || homedir(), '.cache'), 'ulna');
}

/** Whether something exists at `path`. */
export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** An error code such as ENOENT, or undefined for anything that is not a system error. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Writes a file so that other processes see either nothing (or the old file) or all of it. */
export async function publishFile(path: string, bytes: Uint8Array | string, mode = 0o644): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}`);
  try {
    await writeFile(temporary, bytes, { mode });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/**
 * Makes a directory by `fill`ing a temporary one beside it and renaming it into place. If another process published
 * the same directory meanwhile, that one stays and ours is dropped.
 */
export async function publishDirectory(path: string, fill: (directory: string) => Promise<void>): Promise<void> {
  if (await exists(path)) return;
  await mkdir(dirname(path), { recursive: true });
  const temporary = await mkdtemp(join(dirname(path), `.${basename(path)}.`));
  try {
    await fill(temporary);
    await rename(temporary, path).catch(async (error: unknown) => {
      const code = errorCode(error);
      if ((code !== 'ENOTEMPTY' && code !== 'EEXIST') || !(await exists(path))) throw error;
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** A lock whose holder has not touched it for so long (milliseconds) is taken over. */
const STALE_AFTER = 30_000;
const TOUCH_EVERY = 5_000;

interface LockHolder {
  readonly token: string;
  readonly host: string;
  readonly pid: number;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

async function readHolder(path: string): Promise<{ holder: LockHolder | undefined; age: number } | undefined> {
  try {
    const { mtimeMs } = await stat(path);
    const text = await readFile(path, 'utf8');
    const [token, host, pid] = text.split('\n');
    const holder = token && host && pid ? { token, host, pid: Number(pid) } : undefined;
    return { holder, age: Date.now() - mtimeMs };
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Removes a lock that was left behind; puts it back if it was taken by a live process in between. */
async function takeOver(path: string, token: string | undefined): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch {
    return;
  }
  const found = await readHolder(aside);
  if (found && found.holder?.token !== token) await link(aside, path).catch(() => undefined);
  await unlink(aside).catch(() => undefined);
}

/**
 * Runs `work` while holding the lock file `path`. Waits for another holder as long as that one lives; a lock left by a
 * process that has ended, or that has not been touched for 30 seconds, is taken over.
 */
export async function withLock<T>(path: string, work: () => Promise<T>, onWait?: () => void): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  const token = randomUUID();
  for (let delay = 20; ; delay = Math.min(delay * 2, 500)) {
    // The file is complete before it gets its name, so nobody reads a half-written holder.
    const prepared = `${path}.${token}`;
    await writeFile(prepared, `${token}\n${hostname()}\n${process.pid}\n`);
    try {
      await link(prepared, path);
      break;
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
    } finally {
      await unlink(prepared);
    }
    const found = await readHolder(path);
    if (found) {
      const ended = found.holder?.host === hostname() && !isRunning(found.holder.pid);
      if (ended || found.age > STALE_AFTER) {
        await takeOver(path, found.holder?.token);
        continue;
      }
      onWait?.();
      await new Promise((resolve) => setTimeout(resolve, delay));
    }
  }
  const touch = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, TOUCH_EVERY);
  touch.unref();
  try {
    return await work();
  } finally {
    clearInterval(touch);
    if ((await readHolder(path))?.holder?.token === token) await unlink(path);
  }
}

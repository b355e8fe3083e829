import { readFileSync, statSync, unlinkSync } from 'node:fs';
import { createConnection, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError } from '../../src/support/errors.js';
import { systemErrorText } from './host-file.js';

/** Sockets of this process, so that each has a name of its own. */
let serial = 0;

/**
 * Keeps an image from being written by one machine while another uses it. Node has no file locks: the lock is a local
 * socket named by the file's device and inode, which the system gives up with the process, whatever ends it. On Linux
 * the name is in the abstract namespace, so that two containers with network namespaces of their own do not see each
 * other; other programs (QEMU) are not kept out. Beyond Linux a writer does not notice readers that came before it.
 */
export class ImageLock {
  private constructor(private readonly server: Server) {}

  /** Takes the lock of an existing file; rejects with ConfigurationError when another machine is in the way. */
  static async take(path: string, readOnly: boolean): Promise<ImageLock> {
    const { dev, ino } = statSync(path, { bigint: true });
    const image = `ulna-image-${dev}-${ino}`;
    const inUse = (how: string): ConfigurationError =>
      new ConfigurationError(`drive ${path}: another machine ${how} it (file.locking=off uses it nevertheless)`);
    if (!readOnly) {
      const server = await bind(`${image}-writer`, path);
      if (server === undefined) throw inUse('writes');
      if (!othersOf(`${image}-reader`)) return new ImageLock(server);
      server.close();
      throw inUse('reads');
    }
    // A writer that starts after this sees the reader's name; one that was there is seen here.
    const reader = await bind(`${image}-reader-${process.pid}-${serial++}`, path);
    if (reader !== undefined && !(await hasWriter(`${image}-writer`, path))) return new ImageLock(reader);
    reader?.close();
    throw inUse('writes');
  }

  release(): void {
    this.server.close();
  }
}

/** The operating system's address for a name. */
function addressOf(name: string): string {
  switch (process.platform) {
    case 'linux': return `\0${name}`;
    case 'win32': return `\\\\.\\pipe\\${name}`;
    default: return join(tmpdir(), name);
  }
}

/** A socket bound to the name; undefined when another process, or another machine of this one, has it. */
async function bind(name: string, path: string): Promise<Server | undefined> {
  const address = addressOf(name);
  for (let attempt = 0; ; attempt++) {
    const server = createServer((socket) => socket.destroy());
    const failure = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
      server.once('error', resolve);
      server.listen(address, () => resolve(undefined));
    });
    if (failure === undefined) {
      server.unref();
      return server;
    }
    if (failure.code !== 'EADDRINUSE') {
      throw new ConfigurationError(`drive ${path}: cannot be locked: ${systemErrorText(failure)}`);
    }
    // Where names are files they outlive their process.
    if (address.startsWith('\0') || attempt > 0 || (await isAlive(address))) return undefined;
    unlinkSync(address);
  }
}

function isAlive(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createConnection(address);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED'));
  });
}

async function hasWriter(name: string, path: string): Promise<boolean> {
  if (process.platform === 'linux') return othersOf(name);
  const probe = await bind(name, path);
  probe?.close();
  return probe === undefined;
}

/** Whether any socket's name begins so; only Linux lists them. */
function othersOf(prefix: string): boolean {
  if (process.platform !== 'linux') return false;
  try {
    return readFileSync('/proc/net/unix', 'latin1').includes(`@${prefix}`);
  } catch {
    return false;
  }
}

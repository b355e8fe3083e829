import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { lstatSync, unlinkSync } from 'node:fs';
import { ConfigurationError } from '../../src/support/errors.js';
import type { CharacterBackend, CharacterSink } from './character-backend.js';
import { systemErrorText } from './host-file.js';
import { StreamBackend } from './stream-backend.js';

/** Where a socket backend listens or connects: a path, or a TCP host and port. */
export type SocketAddress = { readonly path: string } | { readonly host: string; readonly port: number };

/**
 * One connection at a time over a Unix or TCP socket. A server drops output while nobody is connected and refuses a
 * second client; after a disconnection it accepts the next. A client's lost connection drops output from then on.
 */
export class SocketBackend implements CharacterBackend {
  private sink: CharacterSink | undefined;
  private stream: StreamBackend | undefined;
  private socket: Socket | undefined;
  private server: Server | undefined;
  private firstClient: () => void = () => {};
  /** Resolves when the first client has connected; at once for a client. */
  readonly connected = new Promise<void>((resolve) => (this.firstClient = resolve));

  private constructor(
    private readonly address: SocketAddress,
    private readonly noDelay: boolean,
  ) {}

  /** Listens; rejects with ConfigurationError. A socket file that nobody listens on any more is replaced. */
  static async listen(address: SocketAddress, noDelay = true): Promise<SocketBackend> {
    const backend = new SocketBackend(address, noDelay);
    if ('path' in address) await removeStaleSocket(address.path);
    const server = createServer((socket) => backend.accept(socket));
    backend.server = server;
    await settled(server, 'listening', address, () => server.listen(address));
    return backend;
  }

  /** Connects; rejects with ConfigurationError. */
  static async connect(address: SocketAddress, noDelay = true): Promise<SocketBackend> {
    const backend = new SocketBackend(address, noDelay);
    const socket = createConnection(address);
    await settled(socket, 'connect', address, () => {});
    backend.accept(socket);
    return backend;
  }

  /** The address as messages name it. */
  get where(): string {
    return nameOf(this.address);
  }

  /** The port a TCP server listens on, which matters when it was asked for port 0. */
  get port(): number | undefined {
    const bound = this.server?.address();
    return typeof bound === 'object' && bound !== null ? bound.port : undefined;
  }

  get ready(): boolean {
    return this.stream?.ready ?? true;
  }

  attach(sink: CharacterSink): void {
    this.sink = sink;
    this.stream?.attach(sink);
    this.socket?.resume();
  }

  write(bytes: Uint8Array): void {
    this.stream?.write(bytes);
  }

  resume(): void {
    this.stream?.resume();
  }

  async close(): Promise<void> {
    await this.stream?.close();
    const server = this.server;
    const closed = server && new Promise<void>((resolve) => server.close(() => resolve()));
    this.socket?.end();
    this.socket?.destroySoon();
    await closed;
  }

  private accept(socket: Socket): void {
    if (this.socket !== undefined) {
      socket.destroy();
      return;
    }
    socket.setNoDelay(this.noDelay);
    this.socket = socket;
    const stream = new StreamBackend(socket, socket);
    this.stream = stream;
    socket.on('error', () => socket.destroy());
    socket.on('end', () => socket.end());
    socket.on('close', () => {
      this.socket = undefined;
      this.stream = undefined;
      this.sink?.writable();
    });
    if (this.sink !== undefined) stream.attach(this.sink);
    else socket.pause();
    this.firstClient();
    this.sink?.writable();
  }
}

function settled(
  emitter: Server | Socket, event: string, address: SocketAddress, start: () => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      reject(new ConfigurationError(`cannot use serial socket ${nameOf(address)}: ${systemErrorText(error)}`));
    };
    emitter.once('error', fail);
    emitter.once(event, () => {
      emitter.off('error', fail);
      resolve();
    });
    start();
  });
}

function nameOf(address: SocketAddress): string {
  if ('path' in address) return address.path;
  return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}

/** Removes a socket file whose owner has gone; one that is in use stays, and listening says so. */
async function removeStaleSocket(path: string): Promise<void> {
  try {
    if (!lstatSync(path).isSocket()) return;
  } catch {
    // Nothing there; listening reports what matters.
    return;
  }
  const refused = await new Promise<boolean>((resolve) => {
    const probe = createConnection(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(false);
    });
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
  if (refused) unlinkSync(path);
}

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

  /** Listens; rejects with ConfigurationError. A stale socket file at the path is replaced. */
  static async listen(address: SocketAddress): Promise<SocketBackend> {
    const backend = new SocketBackend();
    if ('path' in address) removeStaleSocket(address.path);
    const server = createServer((socket) => backend.accept(socket));
    backend.server = server;
    await settled(server, 'listening', address, () => server.listen(address));
    return backend;
  }

  /** Connects; rejects with ConfigurationError. */
  static async connect(address: SocketAddress): Promise<SocketBackend> {
    const backend = new SocketBackend();
    const socket = createConnection(address);
    await settled(socket, 'connect', address, () => {});
    backend.accept(socket);
    return backend;
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
    socket.setNoDelay(true);
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
      const where = 'path' in address ? address.path : `${address.host}:${address.port}`;
      reject(new ConfigurationError(`cannot use serial socket ${where}: ${systemErrorText(error)}`));
    };
    emitter.once('error', fail);
    emitter.once(event, () => {
      emitter.off('error', fail);
      resolve();
    });
    start();
  });
}

function removeStaleSocket(path: string): void {
  try {
    if (lstatSync(path).isSocket()) unlinkSync(path);
  } catch {
    // Nothing there; listening reports what matters.
  }
}

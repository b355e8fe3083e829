/** The host's end of a serial line that is not the terminal: a file, a Unix or TCP socket, or nothing. */
import { createWriteStream } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { createServer, connect, type Socket } from 'node:net';
import type { SerialConfig } from '../config/serial.js';
import { ConfigurationError } from '../support/errors.js';

/** One end of a serial line. */
export interface SerialEndpoint {
  /** Takes what the guest sent. */
  send(bytes: Uint8Array): void;
  /** Calls back with what is to be sent to the guest. */
  onInput(callback: (bytes: Uint8Array) => void): void;
  /** Writes out what is left and lets go of the file or socket. */
  close(): Promise<void>;
}

type Socketed = Extract<SerialConfig, { kind: 'unix' | 'tcp' }>;

const nullEndpoint: SerialEndpoint = {
  send: () => undefined,
  onInput: () => undefined,
  close: () => Promise.resolve(),
};

function reason(error: NodeJS.ErrnoException): string {
  return error.code ?? error.message;
}

function openFile(path: string, append: boolean): Promise<SerialEndpoint> {
  return new Promise((resolve, reject) => {
    const stream = createWriteStream(path, { flags: append ? 'a' : 'w' });
    stream.once('error', (error) => reject(new ConfigurationError(`--serial file:${path}: ${reason(error)}`)));
    stream.once('open', () => {
      // A disk that fills up later costs console output, not the machine.
      stream.on('error', () => undefined);
      resolve({
        send: (bytes) => void stream.write(bytes),
        onInput: () => undefined,
        close: () => new Promise((closed) => stream.end(() => closed())),
      });
    });
  });
}

/** A line over whichever socket is connected at the moment; output without a peer is dropped, as a real line does. */
class SocketEndpoint implements SerialEndpoint {
  private peer: Socket | undefined;
  private callback: (bytes: Uint8Array) => void = () => undefined;

  constructor(private readonly release: () => Promise<void>) {}

  attach(socket: Socket): void {
    this.peer?.destroy();
    this.peer = socket;
    socket.setNoDelay(true);
    socket.on('data', (bytes) => this.callback(bytes));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (this.peer === socket) this.peer = undefined;
    });
  }

  send(bytes: Uint8Array): void {
    this.peer?.write(bytes);
  }

  onInput(callback: (bytes: Uint8Array) => void): void {
    this.callback = callback;
  }

  async close(): Promise<void> {
    const peer = this.peer;
    if (peer) {
      await new Promise<void>((closed) => {
        // A peer that does not read must not keep the process alive.
        const limit = setTimeout(closed, 1000);
        peer.end(() => {
          clearTimeout(limit);
          closed();
        });
      });
      peer.destroy();
    }
    await this.release();
  }
}

function placeOf(config: Socketed): { path: string } | { host: string; port: number } {
  return config.kind === 'unix' ? { path: config.path } : { host: config.host, port: config.port };
}

function nameOf(config: Socketed): string {
  return config.kind === 'unix' ? `unix:${config.path}` : `tcp:${config.host}:${config.port}`;
}

function openClient(config: Socketed): Promise<SerialEndpoint> {
  return new Promise((resolve, reject) => {
    const socket = connect(placeOf(config));
    const fail = (error: Error) => reject(new ConfigurationError(`--serial ${nameOf(config)}: ${reason(error)}`));
    socket.once('error', fail);
    socket.once('connect', () => {
      socket.off('error', fail);
      const endpoint = new SocketEndpoint(() => Promise.resolve());
      endpoint.attach(socket);
      resolve(endpoint);
    });
  });
}

/** Listens; with `wait` the machine is not started before somebody has connected. */
function openServer(config: Socketed, log: (line: string) => void): Promise<SerialEndpoint> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    const endpoint = new SocketEndpoint(async () => {
      await new Promise<void>((closed) => server.close(() => closed()));
      if (config.kind === 'unix') await unlink(config.path).catch(() => undefined);
    });
    server.on('error', (error) => reject(new ConfigurationError(`--serial ${nameOf(config)}: ${reason(error)}`)));
    server.on('connection', (socket) => {
      endpoint.attach(socket);
      resolve(endpoint);
    });
    server.listen(placeOf(config), () => {
      if (config.wait) log(`waiting for a connection to ${nameOf(config)}`);
      else resolve(endpoint);
    });
  });
}

/** Opens the host's end of a line; `stdio` is not one of them. What cannot be opened is a configuration error. */
export function openSerialEndpoint(
  config: Exclude<SerialConfig, { kind: 'stdio' }>,
  log: (line: string) => void,
): Promise<SerialEndpoint> {
  switch (config.kind) {
    case 'null':
      return Promise.resolve(nullEndpoint);
    case 'file':
      return openFile(config.path, config.append);
    case 'unix':
    case 'tcp':
      return config.server ? openServer(config, log) : openClient(config);
  }
}

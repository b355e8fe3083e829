import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CharacterChannel } from '../../../devices/backends/character-channel.js';
import type { CharacterBackend } from '../../../devices/backends/character-backend.js';
import { CharacterPort } from '../../../devices/backends/character-port.js';
import { openCharacterBackend } from '../../../devices/backends/character-spec.js';
import type { CharacterSpec } from '../../../src/support/character-spec.js';
import { ByteRing } from '../../../devices/backends/byte-ring.js';
import { RawImage } from '../../../devices/backends/raw-image.js';
import { SocketBackend } from '../../../devices/backends/socket-backend.js';
import { StreamBackend } from '../../../devices/backends/stream-backend.js';
import { ConfigurationError } from '../../../src/support/errors.js';
import { testChannel, testRandom } from './fixtures.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ulna-backends-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const until = async (condition: () => boolean): Promise<void> => {
  for (let i = 0; !condition(); i++) {
    if (i > 2000) throw new Error('waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
};
const stdio = () => ({ input: new PassThrough(), output: new PassThrough() });

describe('byte ring', () => {
  it('carries bytes in order through wraps of the buffer and of the counters', () => {
    const words = new Int32Array(new SharedArrayBuffer(8)).fill(-5);
    const ring = new ByteRing(words, 0, 1, new Uint8Array(16));
    const random = testRandom(1);
    let written = 0;
    let read = 0;
    for (let i = 0; i < 2000; i++) {
      const bytes = Uint8Array.from({ length: random() % 12 }, (_, j) => written + j);
      written += random() % 2 === 0 ? ring.write(bytes) : Number(ring.push(written));
      expect(ring.used + ring.free).toBe(ring.capacity);
      if (random() % 2 === 0) {
        for (const byte of ring.read(random() % 12)) expect(byte).toBe(read++ & 0xff);
      } else {
        const byte = ring.shift();
        if (byte >= 0) expect(byte).toBe(read++ & 0xff);
        else expect(ring.used).toBe(0);
      }
    }
    expect(written - read).toBe(ring.used);
    expect(read).toBeGreaterThan(1000);
  });

  it('has a capacity that is a power of two', () => {
    expect(() => new ByteRing(new Int32Array(2), 0, 1, new Uint8Array(12))).toThrow(RangeError);
  });
});

describe('character port', () => {
  /** A backend driven by hand. */
  class Manual implements CharacterBackend {
    ready = true;
    text = '';
    resumes = 0;
    attach(): void {}
    write(bytes: Uint8Array): void {
      expect(this.ready).toBe(true);
      this.text += Buffer.from(bytes).toString('latin1');
    }
    resume(): void {
      this.resumes++;
    }
    async close(): Promise<void> {}
  }

  function setUp() {
    const { channel, kicks } = testChannel();
    const backend = new Manual();
    let changes = 0;
    let tapped = '';
    const port = new CharacterPort(channel, backend, { channelChanged: () => void changes++ }, (bytes) => {
      tapped += Buffer.from(bytes).toString('latin1');
    });
    return { channel, kicks, backend, port, changes: () => changes, tapped: () => tapped };
  }

  it('is kicked once for output that waits', () => {
    const { channel, kicks, backend, port, tapped } = setUp();
    channel.sendBytes(Buffer.from('one '));
    channel.sendBytes(Buffer.from('two '));
    expect(kicks()).toBe(1);
    expect(port.pump()).toBe(true);
    expect(port.pump()).toBe(false);
    channel.sendBytes(Buffer.from('three'));
    expect(kicks()).toBe(2);
    port.pump();
    expect([backend.text, tapped()]).toEqual(['one two three', 'one two three']);
  });

  it('leaves output in the channel while the backend is busy, and loses none', () => {
    const { channel, backend, port } = setUp();
    backend.ready = false;
    expect(channel.sendBytes(new Uint8Array(70000))).toBe(65536);
    port.pump();
    expect([backend.text, channel.outputFree]).toEqual(['', 0]);
    backend.ready = true;
    port.writable();
    expect([backend.text.length, channel.outputFree]).toEqual([65536, 65536]);
  });

  it('holds input that does not fit and asks the source to wait', () => {
    const { channel, kicks, backend, port, changes } = setUp();
    const input = Uint8Array.from({ length: 10000 }, (_, i) => i % 251);
    expect(port.input(input)).toBe(false);
    expect(changes()).toBeGreaterThan(0);
    const got: number[] = [];
    const chunk = new Uint8Array(1000);
    while (got.length < 10000) {
      const before = kicks();
      got.push(...chunk.subarray(0, channel.receiveInto(chunk)));
      if (kicks() > before) port.pump();
    }
    expect(got).toEqual([...input]);
    expect(backend.resumes).toBe(1);
    expect(port.input(Buffer.from('x'))).toBe(true);
  });

  it('gives up what is on its way, and goes on with it on another machine', async () => {
    const { channel, backend, port, changes } = setUp();
    backend.ready = false;
    channel.sendBytes(Buffer.from('not read yet'));
    expect(port.absorb(1000)).toBe(true);
    expect([channel.outputAvailable, changes()]).toEqual([0, 1]);
    channel.sendBytes(new Uint8Array(1001).fill(0x2e));
    port.absorb(1000);
    channel.sendBytes(Buffer.from('too much'));
    expect(port.absorb(1000)).toBe(false);
    port.hold = true;
    port.input(Buffer.from('typed'));
    expect(channel.inputAvailable).toBe(0);
    const { input, output } = port.inFlight;
    expect([Buffer.from(input).toString(), output.length]).toEqual(['typed', 12 + 1001]);

    const other = setUp();
    other.backend.ready = false;
    other.port.restored(input, output);
    expect(other.channel.inputAvailable).toBe(5);
    other.channel.sendBytes(Buffer.from(' more'));
    other.backend.ready = true;
    other.port.writable();
    expect(other.backend.text).toBe(`not read yet${'.'.repeat(1001)} more`);

    backend.ready = true;
    port.hold = false;
    expect(backend.text).toBe(`not read yet${'.'.repeat(1001)}too much`);
    expect(channel.inputAvailable).toBe(5);
  });

  it('drains at the end even when the backend is busy', async () => {
    const { channel, backend, port } = setUp();
    channel.sendBytes(Buffer.from('last words'));
    await port.close();
    expect(backend.text).toBe('last words');
  });
});

describe('stream backend', () => {
  const attach = (backend: CharacterBackend): { port: CharacterPort; channel: CharacterChannel } => {
    const { channel } = testChannel();
    return { port: new CharacterPort(channel, backend, { channelChanged() {} }), channel };
  };

  it('waits for a slow reader and loses nothing', async () => {
    let text = '';
    const slow = new Writable({
      highWaterMark: 10,
      write(chunk: Buffer, _encoding, done) {
        text += chunk.toString();
        setTimeout(done, 1);
      },
    });
    const backend = new StreamBackend(undefined, slow);
    const { port, channel } = attach(backend);
    for (let i = 0; i < 20; i++) {
      channel.sendBytes(Buffer.from(`line ${i};`));
      port.pump();
    }
    await port.close();
    expect(text).toBe(Array.from({ length: 20 }, (_, i) => `line ${i};`).join(''));
  });

  it('pauses its source while the guest does not read', async () => {
    const { input, output } = stdio();
    const { channel } = attach(new StreamBackend(input, output));
    input.write(Buffer.alloc(5000));
    await until(() => input.isPaused());
    const chunk = new Uint8Array(4096);
    expect(channel.receiveInto(chunk)).toBe(4096);
  });

  it('lets the guest go on when the reader has gone', async () => {
    const broken = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
    const backend = new StreamBackend(undefined, broken);
    const { port, channel } = attach(backend);
    channel.sendBytes(Buffer.from('x'));
    port.pump();
    await until(() => broken.destroyed);
    expect(channel.sendBytes(new Uint8Array(60000))).toBe(60000);
    port.pump();
    expect(channel.outputAvailable).toBe(0);
    await port.close();
  });
});

/** Opens a backend; what is said to the user is collected. */
function open(spec: CharacterSpec, said: string[] = []): Promise<CharacterBackend> {
  const opening = { stdio: () => new StreamBackend(undefined, undefined), log: (line: string) => void said.push(line) };
  return openCharacterBackend(spec, opening);
}

describe('file and null backends', () => {
  it.each([[false, 'hello'], [true, 'old contents, hello']])('append=%s', async (append, contents) => {
    const path = join(directory, 'log');
    writeFileSync(path, 'old contents, ');
    const backend = await open({ kind: 'file', path, append });
    backend.write(Buffer.from('hel'));
    backend.write(Buffer.from('lo'));
    await backend.close();
    expect(readFileSync(path, 'utf8')).toBe(contents);
  });

  it('makes a file to append to', async () => {
    const path = join(directory, 'new');
    const backend = await open({ kind: 'file', path, append: true });
    backend.write(Buffer.from('x'));
    await backend.close();
    expect(readFileSync(path, 'utf8')).toBe('x');
  });

  it('says what is wrong with a path', async () => {
    const wrong = (path: string) => open({ kind: 'file', path, append: false });
    await expect(wrong(`${directory}/no/where`)).rejects.toThrow(/cannot open serial output .*no such file/);
    await expect(wrong(directory)).rejects.toThrow(/is a directory/);
    await expect(wrong(directory)).rejects.toThrow(ConfigurationError);
  });

  it('drops output when the disk is full, and says so once', async () => {
    const said: string[] = [];
    const backend = await open({ kind: 'file', path: '/dev/full', append: true }, said);
    backend.write(Buffer.from('x'));
    backend.write(Buffer.from('y'));
    await backend.close();
    expect(said).toEqual(['serial output /dev/full: no space left on the device; what follows is dropped']);
  });

  it('drops everything', async () => {
    const backend = await open({ kind: 'null' });
    backend.write(Buffer.from('x'));
    expect(backend.ready).toBe(true);
    await backend.close();
  });
});

describe('socket backend', () => {
  function attach(backend: CharacterBackend) {
    const { channel } = testChannel();
    const port = new CharacterPort(channel, backend, { channelChanged() {} });
    const received = (): string => {
      const chunk = new Uint8Array(100);
      return Buffer.from(chunk.subarray(0, channel.receiveInto(chunk))).toString();
    };
    return { channel, port, received };
  }
  const talk = (socket: Socket): { text: () => string } => {
    let text = '';
    socket.on('data', (data: Buffer) => (text += data.toString()));
    socket.on('error', () => {});
    return { text: () => text };
  };

  const unix = (path: string, server: boolean, wait = false): CharacterSpec => ({ kind: 'unix', path, server, wait });
  const tcp = (port: number, server: boolean): CharacterSpec =>
    ({ kind: 'tcp', host: '127.0.0.1', port, server, wait: false, noDelay: true });

  it.each(['unix', 'tcp'])('%s server: one client after the other', async (kind) => {
    const path = join(directory, 's');
    const backend = (await open(kind === 'unix' ? unix(path, true) : tcp(0, true))) as SocketBackend;
    const { channel, port, received } = attach(backend);
    const connect = (): Socket => (kind === 'unix' ? createConnection(path) : createConnection(backend.port ?? 0));
    channel.sendBytes(Buffer.from('nobody listens'));
    port.pump();
    for (const round of ['first', 'second']) {
      const client = connect();
      const { text } = talk(client);
      client.write(`from ${round}`);
      await until(() => channel.inputAvailable > 0);
      expect(received()).toBe(`from ${round}`);
      channel.sendBytes(Buffer.from(`to ${round}`));
      port.pump();
      await until(() => text().length > 0);
      expect(text()).toBe(`to ${round}`);
      const extra = connect();
      talk(extra);
      await new Promise((resolve) => extra.once('close', resolve));
      client.end();
      await new Promise((resolve) => client.once('close', resolve));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await port.close();
  });

  it('client: connects, and says when it cannot', async () => {
    const path = join(directory, 's');
    await expect(open(unix(path, false))).rejects.toThrow(/cannot use serial socket .*s: no such file or directory/);
    let peer: Socket | undefined;
    const server = createServer((socket) => (peer = socket)).listen(path);
    const backend = await open(unix(path, false));
    const { channel, port, received } = attach(backend);
    await until(() => peer !== undefined);
    peer?.write('hi');
    await until(() => channel.inputAvailable === 2);
    expect(received()).toBe('hi');
    await port.close();
    peer?.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  it('server: waits for a client when told to, says so, and reports a path it cannot use', async () => {
    const path = join(directory, 's');
    const said: string[] = [];
    const opening = open(unix(path, true, true), said);
    await until(() => said.length > 0);
    expect(said).toEqual([`waiting for a connection on ${path}`]);
    const client = createConnection(path);
    client.on('error', () => {});
    const backend = await opening;
    client.destroy();
    await backend.close();
    await expect(open(unix(`${directory}/no/where`, true))).rejects.toThrow(ConfigurationError);
  });

  it('server: a port or path in use is refused, a socket file left behind is replaced', async () => {
    const path = join(directory, 's');
    const first = (await open(tcp(0, true))) as SocketBackend;
    await expect(open(tcp(first.port ?? 0, true))).rejects.toThrow(
      new ConfigurationError(`cannot use serial socket 127.0.0.1:${first.port}: address already in use`));
    await first.close();
    const second = await open(unix(path, true));
    await expect(open(unix(path, true))).rejects.toThrow(/s: address already in use/);
    await second.close();
    const leaves = "require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))";
    spawnSync(process.execPath, ['-e', leaves, path]);
    expect(existsSync(path)).toBe(true);
    await (await open(unix(path, true))).close();
  });
});

describe('raw image', () => {
  const image = (bytes: number): string => {
    const path = join(directory, 'disk');
    writeFileSync(path, Uint8Array.from({ length: bytes }, (_, i) => i >> 9));
    return path;
  };

  it('reads and writes in shared memory at any offset', () => {
    const path = image(4096);
    const disk = RawImage.open(path);
    const ram = new Uint8Array(new SharedArrayBuffer(4096));
    disk.read(1024, ram.subarray(100, 1124));
    expect([ram[99], ram[100], ram[612], ram[1124]]).toEqual([0, 2, 3, 0]);
    ram.fill(0xab);
    disk.write(2048, ram.subarray(0, 512));
    disk.writeZeroes(3072, 1024);
    disk.discard();
    disk.flush();
    disk.close();
    const bytes = readFileSync(path);
    expect([disk.bytes, bytes.length, bytes[2047], bytes[2048], bytes[2559], bytes[2560], bytes[3072], bytes[4095]])
      .toEqual([4096, 4096, 3, 0xab, 0xab, 5, 0, 0]);
  });

  it('reads a file cut short as zeroes', () => {
    const path = image(1024);
    const disk = RawImage.open(path, true);
    writeFileSync(path, Buffer.alloc(512, 7));
    const target = new Uint8Array(1024).fill(1);
    disk.read(0, target);
    expect([target[0], target[511], target[512], target[1023]]).toEqual([7, 7, 0, 0]);
    disk.flush();
    disk.close();
  });

  it('refuses what is not a disk', () => {
    expect(() => RawImage.open(join(directory, 'absent'))).toThrow(/cannot open drive .*no such file/);
    expect(() => RawImage.open(directory, true)).toThrow(/is a directory/);
    expect(() => RawImage.open(directory)).toThrow(ConfigurationError);
    expect(() => RawImage.open('/dev/null', true)).toThrow(/not a file/);
  });
});

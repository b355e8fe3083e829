import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CharacterChannel } from '../../../devices/backends/character-channel.js';
import type { CharacterBackend } from '../../../devices/backends/character-backend.js';
import { CharacterPort } from '../../../devices/backends/character-port.js';
import { openCharacterBackend, parseCharacterSpec } from '../../../devices/backends/character-spec.js';
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

  it('drains at the end even when the backend is busy', async () => {
    const { channel, backend, port } = setUp();
    channel.sendBytes(Buffer.from('last words'));
    await port.close();
    expect(backend.text).toBe('last words');
  });
});

describe('serial line arguments', () => {
  it.each([
    ['stdio', { kind: 'stdio' }],
    ['null', { kind: 'null' }],
    ['none', { kind: 'null' }],
    ['file:/tmp/a,b:c', { kind: 'file', path: '/tmp/a,b:c' }],
    ['unix:/tmp/s', { kind: 'socket', address: { path: '/tmp/s' }, server: true, wait: false }],
    ['unix:/tmp/s,server=on,wait=off', { kind: 'socket', address: { path: '/tmp/s' }, server: true, wait: false }],
    ['unix:/tmp/s,server=off', { kind: 'socket', address: { path: '/tmp/s' }, server: false, wait: false }],
    ['tcp::5555', { kind: 'socket', address: { host: '127.0.0.1', port: 5555 }, server: true, wait: false }],
    ['tcp:host:1,server,wait', { kind: 'socket', address: { host: 'host', port: 1 }, server: true, wait: true }],
    ['tcp:[::1]:80,server=off', { kind: 'socket', address: { host: '::1', port: 80 }, server: false, wait: false }],
  ])('%s', (text, spec) => expect(parseCharacterSpec(text)).toEqual(spec));

  it.each(['', 'bogus', 'file:', 'unix:', 'stdio:x', 'null:1', 'tcp:host', 'tcp:a:b', 'tcp:a:70000', 'unix:/s,foo=on'])(
    'refuses %s', (text) => expect(() => parseCharacterSpec(text)).toThrow(ConfigurationError),
  );
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

describe('file and null backends', () => {
  it('writes a fresh file', async () => {
    const path = join(directory, 'log');
    writeFileSync(path, 'old contents');
    const backend = await openCharacterBackend(parseCharacterSpec(`file:${path}`), stdio());
    backend.write(Buffer.from('hello'));
    await backend.close();
    expect(readFileSync(path, 'utf8')).toBe('hello');
  });

  it('says what is wrong with a path', async () => {
    const open = openCharacterBackend(parseCharacterSpec(`file:${directory}/no/where`), stdio());
    await expect(open).rejects.toThrow(/cannot open serial output .*no such file/);
  });

  it('drops everything', async () => {
    const backend = await openCharacterBackend({ kind: 'null' }, stdio());
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

  it.each(['unix', 'tcp'])('%s server: one client after the other', async (kind) => {
    const path = join(directory, 's');
    const spec = kind === 'unix' ? `unix:${path}` : 'tcp:127.0.0.1:0';
    const backend = (await openCharacterBackend(parseCharacterSpec(spec), stdio())) as SocketBackend;
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
    await expect(openCharacterBackend(parseCharacterSpec(`unix:${path},server=off`), stdio())).rejects.toThrow(
      ConfigurationError,
    );
    let peer: Socket | undefined;
    const server = createServer((socket) => (peer = socket)).listen(path);
    const backend = await openCharacterBackend(parseCharacterSpec(`unix:${path},server=off`), stdio());
    const { channel, port, received } = attach(backend);
    await until(() => peer !== undefined);
    peer?.write('hi');
    await until(() => channel.inputAvailable === 2);
    expect(received()).toBe('hi');
    await port.close();
    peer?.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  it('server: waits for a client when told to, and reports a path it cannot use', async () => {
    const path = join(directory, 's');
    const opening = openCharacterBackend(parseCharacterSpec(`unix:${path},wait=on`), stdio());
    await new Promise((resolve) => setTimeout(resolve, 10));
    const client = createConnection(path);
    client.on('error', () => {});
    const backend = await opening;
    client.destroy();
    await backend.close();
    const nowhere = parseCharacterSpec(`unix:${directory}/no/where`);
    await expect(openCharacterBackend(nowhere, stdio())).rejects.toThrow(ConfigurationError);
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
    expect(() => RawImage.open(image(1000))).toThrow(/not a multiple of 512/);
  });
});

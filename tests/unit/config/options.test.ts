import { describe, expect, test } from 'vitest';
import { parseCpu } from '../../../src/config/cpu.js';
import { parseDrive } from '../../../src/config/drive.js';
import { parseLoader } from '../../../src/config/loader.js';
import { type MachineOptions, flashBanks, resolveMachineConfig } from '../../../src/config/machine-config.js';
import { parseMachineType } from '../../../src/config/machine-type.js';
import { MAXIMUM_MEMORY_BYTES, parseMemorySize } from '../../../src/config/memory-size.js';
import { parseInteger } from '../../../src/config/option-list.js';
import { parseSerial } from '../../../src/config/serial.js';
import { ConfigurationError } from '../../../src/support/errors.js';

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;

function refuses(body: () => unknown, message: RegExp): void {
  expect(body).toThrow(ConfigurationError);
  expect(body).toThrow(message);
  expect(body).not.toThrow(/\n/);
}

describe('--memory', () => {
  test.each([
    ['1G', GiB], ['1g', GiB], ['512M', 512 * MiB], ['1024', GiB], ['0x400', GiB], ['1.5G', 1536 * MiB],
    ['size=256M', 256 * MiB],
    ['65536K', 64 * MiB], ['67108864b', 64 * MiB], ['3.5G', MAXIMUM_MEMORY_BYTES], ['10001K', 10008 * 1024],
  ])('%s', (text, bytes) => expect(parseMemorySize(text)).toBe(bytes));

  test.each([
    ['8G', /--memory 8G: too large; the most is 3584M/], ['3585', /too large/], ['1M', /too small/], ['0', /too small/],
    ['', /not a size/], ['G', /not a size/], ['-1G', /not a size/], ['1 G', /not a size/], ['1GB', /not a size/],
    ['1e3', /not a size/],
    ['99999999999999999999T', /too large/],
  ])('%s is refused', (text, message) => refuses(() => parseMemorySize(text), message));
});

describe('--drive', () => {
  test('defaults and every key', () => {
    expect(parseDrive('file=disk.img')).toEqual({
      file: 'disk.img', format: 'raw', interface: 'virtio', readOnly: false, snapshot: false,
      cache: 'writeback', locking: true,
    });
    const text =
      'file=a,,b=c.img,format=raw,if=pflash,unit=1,readonly,snapshot=on,cache=directsync,file.locking=off,id=x,' +
      'serial=S,media=disk,discard=ignore,aio=threads,werror=report,rerror=report,detect-zeroes=off';
    expect(parseDrive(text)).toEqual({
      file: 'a,b=c.img', format: 'raw', interface: 'pflash', readOnly: true, snapshot: true,
      cache: 'writethrough', locking: false, unit: 1, id: 'x', serial: 'S',
    });
  });

  test.each([
    ['format=raw', /needs 'file='/], ['file=', /needs 'file='/],
    ['disk.img', /unknown key 'disk\.img'; known are file/],
    ['file=a,format=qcow2', /'format' is one of raw, not 'qcow2'/], ['file=a,if=ide', /virtio, pflash, none/],
    ['file=a,cache=fast', /'cache' is one of writeback, none/],
    ['file=a,discard=unmap', /'discard' is ignore: what the guest discards keeps its place/],
    ['file=a,aio=io_uring', /'aio' is one of threads/], ['file=a,werror=stop', /'werror' is one of report/],
    ['file=a,iops=5', /unknown key 'iops'/], ['file=a,unit=1,index=1', /give one/],
    ['file=a,file=b', /'file' is given twice/],
    ['file=a,readonly=maybe', /on or off/],
    ['file=a,if=pflash,unit=2', /unit 2/], ['file=a,index=x', /not a number/],
    [`file=a,serial=${'s'.repeat(21)}`, /20 bytes/],
  ])('%s is refused', (text, message) => refuses(() => parseDrive(text), message));

  test.each([
    ['none', 'writeback'], ['writeback', 'writeback'], ['writethrough', 'writethrough'], ['unsafe', 'unsafe'],
  ])('cache=%s is %s', (cache, meaning) => expect(parseDrive(`file=a,cache=${cache}`).cache).toBe(meaning));

  test('flash drives take their unit, or the first free bank', () => {
    const bank = (text: string) => parseDrive(`file=${text},if=pflash`);
    const [first, second] = flashBanks([bank('vars'), bank('code,unit=0')]);
    expect([first?.file, second?.file]).toEqual(['code', 'vars']);
    refuses(() => flashBanks([bank('a'), bank('b'), bank('c')]), /no free bank/);
    refuses(() => flashBanks([bank('a,unit=1'), bank('b,unit=1')]), /no free bank/);
  });
});

describe('--serial', () => {
  test.each([
    ['stdio', { kind: 'stdio' }], ['mon:stdio', { kind: 'stdio' }],
    ['null', { kind: 'null' }], ['none', { kind: 'null' }],
    ['file:out.log', { kind: 'file', path: 'out.log', append: false }],
    ['file:a,b.log,append=on', { kind: 'file', path: 'a,b.log', append: true }],
    ['unix:/tmp/s', { kind: 'unix', path: '/tmp/s', server: false, wait: false }],
    ['unix:/tmp/s,server=on', { kind: 'unix', path: '/tmp/s', server: true, wait: true }],
    ['unix:/tmp/s,server,nowait', { kind: 'unix', path: '/tmp/s', server: true, wait: false }],
    ['unix:/tmp/s,server,wait=on', { kind: 'unix', path: '/tmp/s', server: true, wait: true }],
    ['tcp:localhost:4000', { kind: 'tcp', host: 'localhost', port: 4000, server: false, wait: false, noDelay: true }],
    ['file:a,server', { kind: 'file', path: 'a,server', append: false }],
    ['file:a,append,append=off,b', { kind: 'file', path: 'a,append,append=off,b', append: false }],
    ['tcp::4000,server=on,wait=off', {
      kind: 'tcp', host: '127.0.0.1', port: 4000, server: true, wait: false, noDelay: true,
    }],
    ['tcp:[::1]:80,nodelay=off', { kind: 'tcp', host: '::1', port: 80, server: false, wait: false, noDelay: false }],
  ])('%s', (text, expected) => expect(parseSerial(text)).toEqual(expected));

  test.each([
    ['pty', /unknown; write stdio/], ['', /unknown/], ['file', /unknown/], ['file:', /file name is missing/],
    ['unix:', /missing/],
    ['tcp:host', /tcp:HOST:PORT/], ['tcp:host:0', /1 to 65535/], ['tcp:host:99999', /1 to 65535/],
    ['stdio,server', /unknown; write/],
    ['file:a,append,append=off', /'append' is given twice/], ['unix:a,server,wait=maybe', /'wait' is on or off/],
    ['unix:a,nodelay', /unknown option 'nodelay'; known are server, wait/], ['unix:a,wait=on', /is for a server/],
    ['tcp:h:1,reconnect=5', /unknown option 'reconnect=5'/],
  ])('%s is refused', (text, message) => refuses(() => parseSerial(text), message));
});

describe('--device loader', () => {
  test('files, data and entry points', () => {
    expect(parseLoader('loader,file=a.elf,cpu-num=1')).toEqual({ kind: 'file', file: 'a.elf', address: 0n,
      forceRaw: false, cpu: 1 });
    expect(parseLoader('loader,file=a.bin,addr=0x41000000,force-raw=on')).toEqual({
      kind: 'file', file: 'a.bin', address: 0x4100_0000n, forceRaw: true,
    });
    expect(parseLoader('loader,addr=0x10,data=0x11223344,data-len=2')).toEqual({
      kind: 'data', address: 16n, bytes: Uint8Array.of(0x44, 0x33),
    });
    expect(parseLoader('loader,addr=1073741824,cpu-num=0')).toEqual({ kind: 'entry', address: 0x4000_0000n, cpu: 0 });
  });

  test('big-endian data is laid out as eight bytes and then cut, as QEMU does', () => {
    expect(parseLoader('loader,addr=0,data=0x1122334455667788,data-len=8,data-be=on')).toMatchObject({
      bytes: Uint8Array.of(0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88),
    });
    expect(parseLoader('loader,addr=0,data=0x11223344,data-len=4,data-be=on')).toMatchObject({
      bytes: new Uint8Array(4),
    });
  });

  test.each([
    ['virtio-net-device', /the device is 'loader'/], ['loader', /needs 'file', 'data' or an address/],
    ['loader,file=a,data=1,data-len=1', /exclude each other/], ['loader,addr=0,data=1', /go together/],
    ['loader,addr=0,data-len=4', /go together/], ['loader,addr=0,data=1,data-len=9', /at most 8/],
    ['loader,addr=0,data=1,data-len=1,force-raw=on', /for files/], ['loader,addr=0', /needs 'cpu-num'/],
    ['loader,force-raw=on', /needs a file/], ['loader,file=a,addr=where', /not a number: 'where'/],
    ['loader,file=a,addr=0x10000000000000000', /not a number/], ['loader,file=a,speed=1', /unknown key 'speed'/],
    ['loader,addr=0,cpu-num=4294967296', /no CPU/], ['loader,file=', /'file' is empty/],
  ])('%s is refused', (text, message) => refuses(() => parseLoader(text), message));
});

describe('--machine and --cpu', () => {
  test('machine variants', () => {
    expect(parseMachineType('virt')).toEqual({ virtualization: false, secure: false, its: true, dtbRandomness: true });
    expect(parseMachineType('virt,gic-version=3,secure=on,virtualization=on,its=off,dtb-randomness=off')).toEqual({
      virtualization: true, secure: true, its: false, dtbRandomness: false,
    });
    expect(parseMachineType('type=virt-7.2,secure=off').secure).toBe(false);
    refuses(() => parseMachineType('raspi3b'), /the machine is 'virt'/);
    refuses(() => parseMachineType('virt,gic-version=2'), /'gic-version'/);
    expect(parseMachineType('virt,its=on').its).toBe(true);
    refuses(() => parseMachineType('virt,its=perhaps'), /'its'/);
    refuses(() => parseMachineType('virt,iommu=smmuv3'), /iommu/);
  });

  test('models and properties', () => {
    expect(parseCpu('cortex-a57')).toEqual({ model: 'cortex-a57', pauth: 'off', lpa2: false });
    expect(parseCpu('max')).toEqual({ model: 'max', pauth: 'impdef', lpa2: true });
    expect(parseCpu('max,pauth-impdef=off,lpa2=off,sve=off')).toEqual({ model: 'max', pauth: 'qarma5', lpa2: false });
    expect(parseCpu('max,pauth-qarma5=on')).toEqual({ model: 'max', pauth: 'qarma5', lpa2: true });
    expect(parseCpu('max,pauth-qarma3=on')).toEqual({ model: 'max', pauth: 'qarma3', lpa2: true });
    expect(() => parseCpu('max,pauth-qarma3=on,pauth-impdef=on')).toThrow(/'pauth-impdef' and 'pauth-qarma3' exclude/);
    expect(parseCpu('max,pauth=off').pauth).toBe('off');
    refuses(() => parseCpu('cortex-a15'), /unknown model 'cortex-a15'; known are cortex-a57/);
    refuses(() => parseCpu('max,sve=on'), /'sve' is not there/);
    refuses(() => parseCpu('cortex-a57,pauth=on'), /property of max/);
  });

  test('numbers', () => {
    expect(['0', '10', '010', '0x1F', '18446744073709551615'].map(parseInteger)).toEqual([0n, 10n, 8n, 31n,
      2n ** 64n - 1n]);
    expect(['', '-1', '1x', '0x', '08', '18446744073709551616',
      '1.0'].map(parseInteger)).toEqual(Array(7).fill(undefined));
  });
});

describe('machine configuration', () => {
  test('defaults', () => {
    expect(resolveMachineConfig({})).toEqual({
      virtualization: false, secure: false, its: true, dtbRandomness: true, append: '',
      cpu: { model: 'max', pauth: 'impdef', lpa2: true },
      smp: 1, memoryBytes: GiB, drives: [], serial: [{ kind: 'stdio' }], consoles: [],
      virtio: [...new Array<undefined>(31).fill(undefined), { kind: 'entropy' }], loaders: [], jit: 'on',
      deterministic: false, digestInterval: 500_000_000, reboot: true, marks: [], without: [], symbols: [],
    });
  });

  test('a recording or a replay is deterministic', () => {
    expect(resolveMachineConfig({ record: 'r' })).toMatchObject({ deterministic: true, record: 'r' });
    expect(resolveMachineConfig({ replay: 'r', digestInterval: '2M', drive: ['file=x,snapshot=on'] })).toMatchObject({
      deterministic: true, replay: 'r', digestInterval: 2_000_000,
    });
  });

  test('everything', () => {
    const config = resolveMachineConfig({
      kernel: 'k', initrd: 'i', append: 'a', dtb: 'd', dumpdtb: 'o', firmware: 'f', machine: 'virt,secure=on',
      cpu: 'cortex-a76',
      smp: '4', memory: '2G', drive: ['file=x'], serial: ['stdio', 'null'], console: ['null', 'file:hvc1'],
      device: ['loader,addr=0,cpu-num=3', 'virtio-rng-device'],
      jit: 'off',
      deterministic: true, seed: 7, timeout: '2.5', reboot: false, stats: 's.json', mark: ['login:'],
      profile: 'p', symbols: ['vmlinux', 'program'],
    });
    expect(config).toMatchObject({
      kernel: 'k', initrd: 'i', append: 'a', dtb: 'd', dumpDtb: 'o', firmware: 'f', secure: true,
      cpu: { model: 'cortex-a76' }, smp: 4,
      memoryBytes: 2 * GiB, jit: 'off', deterministic: true, seed: '7', timeoutSeconds: 2.5, reboot: false,
      stats: 's.json', profile: 'p', symbols: ['vmlinux', 'program'],
      marks: ['login:'],
    });
    expect(config.loaders).toHaveLength(1);
    expect(config.consoles).toMatchObject([{ kind: 'null' }, { kind: 'file', path: 'hvc1' }]);
  });

  const cases: readonly (readonly [string, MachineOptions, RegExp])[] = [
    ['unknown option', { colour: 'red' } as MachineOptions, /unknown option 'colour'/],
    ['no CPUs', { smp: 0 }, /1 to 16/], ['many CPUs', { smp: '17' }, /1 to 16/],
    ['not a count', { smp: 'four' }, /not a number/],
    ['no threads', { threads: 0 }, /1 to 16/], ['not a number of threads', { threads: 'two' }, /not a number/],
    ['initrd without kernel', { initrd: 'i' }, /--initrd: needs --kernel/],
    ['a recording of a replay', { record: 'a', replay: 'b' }, /--record, --replay: give one of them/],
    ['a sample of a deterministic run', { deterministic: true, sample: 's' }, /--sample: not with --deterministic/],
    ['a deterministic run from a snapshot', { record: 'r', restore: 's' }, /--restore: not with --deterministic/],
    ['a socket of a deterministic run', { deterministic: true, serial: ['tcp:h:1'] }, /no sockets with --deterministic/],
    ['a recording that changes a disk', { record: 'a', drive: ['file=x,format=raw'] }, /file=x: --record and --replay need snapshot=on/],
    ['a replay that changes flash', { replay: 'a', drive: ['file=x,if=pflash'] }, /need snapshot=on or readonly=on/],
    ['a recording without a name', { record: '' }, /--record: a file name is missing/],
    ...['0', '99K', '1T', '-1', '', '1e9'].map((digestInterval) =>
      [`a digest interval of '${digestInterval}'`, { digestInterval }, /--digest-interval .*: not a number of instructions/] as const),
    ['modules that binaryen makes', { dumpWasm: 'd', without: ['direct-encoding'] }, /--dump-wasm: not with --without direct-encoding/],
    ['a dump without a translator', { dumpWasm: 'd', jit: 'off' }, /--dump-wasm: needs --jit on/],
    ['empty path', { kernel: '' }, /--kernel: a file name is missing/],
    ['second serial line', { serial: ['null', 'null'] }, /has 1 serial line/],
    ['terminal twice', { machine: 'virt,secure=on', serial: ['stdio', 'stdio'] }, /one line only/],
    ['terminal for two', { serial: ['stdio'], console: ['stdio'] }, /one line only/],
    ['a bad console', { console: ['pty'] }, /--console pty: unknown/],
    ['many consoles', { console: new Array<string>(9).fill('null') }, /at most 8/],
    ['firmware and flash', { firmware: 'f', drive: ['file=a,if=pflash'] }, /first bank/],
    ['drive ids', { drive: ['file=a,id=x', 'file=b,id=x'] }, /'x' is given twice/],
    ['loader CPU', { device: ['loader,addr=0,cpu-num=1'] }, /CPU 1 does not exist/],
    ['long command line', { append: 'x'.repeat(2048) }, /at most 2047 bytes/],
    ['jit', { jit: 'maybe' }, /--jit maybe/], ['timeout', { timeout: 'soon' }, /--timeout soon/],
    ['no time', { timeout: 0 }, /--timeout 0/],
  ];
  test.each(cases)('%s is refused', (_name, options, message) => refuses(() => resolveMachineConfig(options), message));
});

test('random option texts give a value or one line', () => {
  const alphabet = ['file', 'addr', '=', ',', ',,', '0x', '1', 'on', 'off', 'if', 'pflash', 'unit', ':', 'tcp', 'unix',
    '[', ']', '\n', 'loader', 'data', '-', ' '];
  let state = 12345;
  const next = (n: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % n;
  };
  for (let round = 0; round < 5000; round++) {
    const text = Array.from({ length: next(9) }, () => alphabet[next(alphabet.length)]).join('');
    for (const parse of [parseDrive, parseLoader, parseSerial, parseMemorySize, parseCpu, parseMachineType]) {
      try {
        parse(text);
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigurationError);
      }
    }
  }
});

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bootOptions, fetchOptions } from '../../../src/cli/options/tables.js';
import { packageVersion, runCli } from '../../../src/cli/program.js';
import { ConfigurationError } from '../../../src/support/errors.js';
import type { GuestProfile } from '../../../src/machine/machine-api.js';
import { type FakeMachine, type FakeProcess, fakeProcess } from './fake-process.js';

let folder: string;
let kernel: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ulna-cli-test-'));
  kernel = join(folder, 'Image');
  await writeFile(kernel, 'kernel');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Runs a command line that does not start a machine. */
async function run(...args: string[]): Promise<{ status: number; output: string; errors: string }> {
  const fake = fakeProcess();
  const status = await runCli(args, fake.context);
  return { status, output: fake.output.text, errors: fake.errors.text };
}

/** Starts a machine and ends it as soon as it runs. */
async function boot(fake: FakeProcess, ...args: string[]) {
  const status = runCli(['boot', '--kernel', kernel, ...args], fake.context);
  const machine = await fake.machine;
  return { status, machine };
}

describe('help and version', () => {
  it('list the commands and exit statuses', async () => {
    const { status, output, errors } = await run('--help');
    expect(status).toBe(0);
    expect(errors).toBe('');
    for (const word of ['boot', 'explain', 'fetch', 'Exit status', '70']) expect(output).toContain(word);
  });

  it.each([
    ['boot', bootOptions],
    ['fetch', fetchOptions],
  ])('of %s have every option of the table', async (command, table) => {
    const { status, output } = await run(command, '--help');
    expect(status).toBe(0);
    for (const name of Object.keys(table)) expect(output).toMatch(new RegExp(`^ +--${name}( |$)`, 'm'));
    expect((await run('help', command)).output).toBe(output);
  });

  it('give the version of the package', async () => {
    const manifest = JSON.parse(await readFile(new URL('../../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    expect(packageVersion()).toBe(manifest.version);
    expect(await run('--version')).toEqual({ status: 0, output: `${manifest.version}\n`, errors: '' });
  });
});

describe('a bad command line ends with one line and status 2:', () => {
  it.each([
    [['bot'], "unknown command 'bot' (Did you mean boot?)"],
    [[], 'no command given; ulna --help lists them'],
    [['--frobnicate'], "unknown option '--frobnicate'"],
    [['boot', '--memroy', '1G'], "unknown option '--memroy' (Did you mean --memory?)"],
    [['boot', '--memory'], "option '--memory <SIZE>' argument missing"],
    [['boot', 'kernel'], "too many arguments for 'boot'. Expected 0 arguments but got 1."],
    [['boot', '--memory', '8G'], '--memory 8G: too large; the most is 3584M (3.5G)'],
    [['boot', '--memory', 'much'], "--memory much: not a size; write for example '512M' or '1G'"],
    [['boot', '--smp', '0'], undefined],
    [['boot', '--cpu', 'pentium'], undefined],
    [['boot', '--machine', 'raspi3'], undefined],
    [['boot', '--drive', 'format=raw'], undefined],
    [['boot', '--serial', 'nowhere'], undefined],
    [['boot', '--device', 'nothing'], undefined],
    [['boot', '--timeout', '-1'], undefined],
    [['boot', '--jit=fast'], '--jit fast: on, off, strict'],
    [['boot', '--kernel', ''], '--kernel: "" is empty'],
    [['boot', '--kernel', 'x', '--module', 'm'], '--module: is for the default guest'],
    [['boot', '--suite', '../etc'], 'not a suite name: "../etc"'],
    [['boot', '--kernel', 'x', '--stats', '/nonexistent/s'], '--stats /nonexistent/s: cannot be written (ENOENT)'],
    [['boot', '--kernel', 'x', '--profile', '/nonexistent/p'], '--profile /nonexistent/p: cannot be written (ENOENT)'],
    [['boot', '--kernel', 'x', '--dump-wasm', '/dev/null/f'], '--dump-wasm /dev/null/f: cannot be written (ENOTDIR)'],
    [['boot', '--kernel', 'x', '--dump-wasm', 'f', '--jit', 'strict'], '--dump-wasm: needs --jit on'],
    [['boot', '--kernel', 'x', '--symbols', 'vmlinux'], '--symbols: needs --profile'],
    [['boot', '--kernel', 'x', '--profile', '/dev/null', '--symbols', '/nonexistent/s'], '--symbols: /nonexistent/s does not exist'],
    [['boot', '--kernel', 'x', '--profile', '/dev/null', '--symbols', '/dev/null'], '--symbols /dev/null: has no functions'],
    [['explain'], "missing required argument 'word'"],
    [['explain', 'nop'], 'not a 32-bit instruction word in hexadecimal: "nop"'],
    [['explain', '123456789'], 'not a 32-bit instruction word in hexadecimal: "123456789"'],
    [['explain', '0x'], 'not a 32-bit instruction word in hexadecimal: "0x"'],
    [['explain', '0', 'nop', '', '1g'], 'not 32-bit instruction words in hexadecimal: "nop", "", "1g"'],
    [['explain', '--cpu', 'pentium', '0'], undefined],
    [['explain', '--cpu', '0'], undefined],
    [['explain', '--cpu'], "option '--cpu <MODEL>' argument missing"],
    [['explain', '--gpu', '0'], "unknown option '--gpu' (Did you mean --cpu?)"],
    [['fetch', 'Bad_Name'], 'not a package name: "Bad_Name"'],
  ] as const)('%j', async (args, message) => {
    const { status, output, errors } = await run(...args);
    expect(status).toBe(2);
    expect(output).toBe('');
    expect(errors).toMatch(/^ulna: [^\n]+\n$/);
    if (message !== undefined) expect(errors).toBe(`ulna: ${message}\n`);
  });
});

describe('a machine that cannot be started', () => {
  it('because of the configuration ends with one line and status 2', async () => {
    const refuse = () => {
      throw new ConfigurationError('kernel Image: truncated');
    };
    const fake = fakeProcess({ start: refuse });
    expect(await runCli(['boot', '--kernel', kernel], fake.context)).toBe(2);
    expect(fake.errors.text).toBe('ulna: kernel Image: truncated\n');
  });

  it('because of a fault ends with status 70, and a stack only for debugging', async () => {
    const fault = () => {
      throw new TypeError('bad\nthing');
    };
    const quiet = fakeProcess({ start: fault });
    expect(await runCli(['boot', '--kernel', kernel], quiet.context)).toBe(70);
    expect(quiet.errors.text).toBe('ulna: internal error: bad thing\n');
    const debugging = fakeProcess({ start: fault, debug: true });
    expect(await runCli(['boot', '--kernel', kernel], debugging.context)).toBe(70);
    expect(debugging.errors.text).toMatch(/^ulna: internal error: bad thing\nTypeError: bad[^]*program\.test\.ts/);
  });
});

describe('boot', () => {
  it('gives the options to the machine', async () => {
    const fake = fakeProcess();
    const args = ['--append', 'quiet', '--memory=512M', '--cpu', 'cortex-a57', '--no-reboot', '--seed', '7'];
    const { status, machine } = await boot(fake, ...args, '--drive', 'file=a,format=raw', '--drive', 'file=b');
    expect(machine.config).toMatchObject({
      kernel,
      append: 'quiet',
      memoryBytes: 512 * 1024 * 1024,
      cpu: { model: 'cortex-a57' },
      reboot: false,
      jit: 'on',
      seed: '7',
      smp: 1,
      serial: [{ kind: 'stdio' }],
      drives: [{ file: 'a' }, { file: 'b' }],
    });
    machine.end({ kind: 'poweroff' });
    expect(await status).toBe(0);
  });

  it('reboots unless told otherwise, and takes the last of a value', async () => {
    const fake = fakeProcess();
    const { status, machine } = await boot(fake, '--memory', '1G', '--memory', '256M');
    expect(machine.config).toMatchObject({ reboot: true, memoryBytes: 256 * 1024 * 1024 });
    machine.end({ kind: 'poweroff' });
    await status;
  });

  it('writes statistics with the marks', async () => {
    const stats = join(folder, 'stats.json');
    const fake = fakeProcess();
    const marks = ['login:', 'never', 'Boot'].flatMap((text) => ['--mark', text]);
    const { status, machine } = await boot(fake, '--stats', stats, ...marks);
    fake.advance(1.5);
    machine.instructions = 2_000_000;
    machine.print('Booting\nlo');
    fake.advance(1);
    machine.instructions = 3_000_000;
    machine.print('gin: login:');
    fake.advance(2);
    machine.end({ kind: 'poweroff' });
    expect(await status).toBe(0);
    expect(JSON.parse(await readFile(stats, 'utf8'))).toEqual({
      instructions: 3_000_000,
      instructionsInterpreted: 3_000_000,
      instructionsTranslated: 0,
      virtualSeconds: 3,
      perVcpu: [
        {
          instructions: 3_000_000, instructionsInterpreted: 3_000_000, instructionsTranslated: 0, exits: { mmio: 3 },
          regions: {
            modules: 0, regions: 0, instructions: 0, covered: 0, loads: 0, stores: 0, cached: 0, ready: 0, stale: 0, drops: 0, sizes: [], entries: 0, interprets: 0,
            left: { miss: 2 },
          },
          tlb: { dataMisses: 0, dataWalks: 0, codeMisses: 0, codeWalks: 0 },
          interpreted: { cold: 5 },
          code: { pages: 0, stores: 0, released: 0, invalidated: 0, drops: 0 },
          translations: { requests: 0, answers: 0, delaySeconds: 0, longestDelaySeconds: 0 },
        },
      ],
      exits: { mmio: 3 },
      seconds: { start: 0.5, load: 0.25, run: 2, total: 5.5 },
      marks: [
        { text: 'login:', seconds: 2.5, instructions: 3_000_000, virtualSeconds: 3 },
        { text: 'never', seconds: null, instructions: null, virtualSeconds: null },
        { text: 'Boot', seconds: 1.5, instructions: 2_000_000, virtualSeconds: 2 },
      ],
      end: { reason: 'poweroff', status: 0 },
    });
  });

  describe('--profile', () => {
    const PROFILE: GuestProfile = {
      parents: Uint32Array.of(0, 0, 1), addresses: BigUint64Array.of(0n, 0x1000n, 0x300000n), levels: Uint8Array.of(0, 1, 1),
      sampleNodes: Uint32Array.of(2, 1), sampleWeights: Float64Array.of(100_000, 120_000), vectorBases: new Map(),
    };

    it('writes the profile with the names of all files of symbols', async () => {
      const profile = join(folder, 'guest.cpuprofile');
      const [one, other] = [join(folder, 'System.map'), join(folder, 'more')];
      await writeFile(one, '1000 T outer\n');
      await writeFile(other, '300000 T inner\n');
      const fake = fakeProcess();
      const { status, machine } = await boot(fake, '--profile', profile, '--symbols', one, '--symbols', other);
      expect(machine.config).toMatchObject({ profile, symbols: [one, other] });
      machine.profiles = [PROFILE];
      machine.end({ kind: 'poweroff' });
      expect(await status).toBe(0);
      const callFrame = (functionName: string, url: string) => (
        { functionName, scriptId: '0', url, lineNumber: -1, columnNumber: -1 });
      expect(JSON.parse(await readFile(profile, 'utf8'))).toEqual({
        nodes: [
          { id: 1, callFrame: callFrame('(root)', ''), hitCount: 0, children: [2] },
          { id: 2, callFrame: callFrame('outer', 'EL1'), hitCount: 1, children: [3] },
          { id: 3, callFrame: callFrame('inner', 'EL1'), hitCount: 1, children: [] },
        ],
        startTime: 0, endTime: 220, samples: [3, 2, 2], timeDeltas: [0, 100, 120],
      });
    });

    it.each([
      ['the time is up', 4, ['--timeout', '0.05'], () => undefined],
      ['the user quits', 0, [], (fake: FakeProcess) => fake.input.type('\x01x')],
      ['the kernel panics', 3, [], (_: FakeProcess, machine: FakeMachine) => machine.print('---[ end Kernel panic - not syncing: x ]---\r\n')],
      ['the emulator has a fault', 70, [], (_: FakeProcess, machine: FakeMachine) => machine.end({ kind: 'error', message: 'x' })],
    ] as const)('writes it too when %s', async (_, expected, args, act) => {
      const profile = join(folder, 'guest.cpuprofile');
      const fake = fakeProcess();
      const { status, machine } = await boot(fake, '--profile', profile, ...args);
      machine.profiles = [PROFILE];
      act(fake, machine);
      expect(await status).toBe(expected);
      expect(JSON.parse(await readFile(profile, 'utf8'))).toMatchObject({ endTime: 220 });
    });

    it.each(['--profile', '--stats'])('and --stats: %s says in one line that its file could not be written', async (option) => {
      const inner = join(folder, 'gone');
      await mkdir(inner);
      const path = join(inner, 'file');
      const fake = fakeProcess();
      const { status, machine } = await boot(fake, option, path);
      await rm(inner, { recursive: true });
      machine.end({ kind: 'poweroff' });
      expect(await status).toBe(2);
      expect(fake.errors.text).toBe(`ulna: ${option} ${path}: cannot be written (ENOENT)\n`);
    });
  });

  it('writes the device tree and ends', async () => {
    const path = join(folder, 'virt.dtb');
    expect(await run('boot', '--dumpdtb', path)).toEqual({ status: 0, output: '', errors: '' });
    expect([...(await readFile(path))]).toEqual([0xd0, 0x0d, 0xfe, 0xed]);
  });

  it('says what the emulator cannot do, and ends with 70', async () => {
    const fake = fakeProcess();
    const { status, machine } = await boot(fake);
    machine.end({ kind: 'error', message: 'PC 0x1000: word 0x0 is not implemented' });
    expect(await status).toBe(70);
    expect(fake.errors.text).toBe('ulna: internal error: PC 0x1000: word 0x0 is not implemented\n');
  });
});

describe('explain', () => {
  it('takes words with and without 0x', async () => {
    const { status, output } = await run('explain', '0x91000420', 'D503201F', '0');
    expect(status).toBe(0);
    expect(output).toBe('word 91000420\n\nword d503201f\n\nword 0\n');
  });

  it('takes the CPU before or after the words', async () => {
    expect((await run('explain', '--cpu', 'cortex-a57', '0')).output).toBe('word 0 on cortex-a57\n');
    expect((await run('explain', '0', '--cpu=max,pauth=off')).output).toBe('word 0 on max\n');
  });
});

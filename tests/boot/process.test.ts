/** How runs end, what they do to streams, signals and the terminal: the real program with small bare-metal guests. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SAMPLE_BYTES } from '../../runtime/vcpu/instruction-sampler.js';
import { ULNA, UlnaProcess, runUlna } from '../harness/ulna-process.js';
import { bareProgram } from './bare.js';

const ADDRESS = 0x4100_0000;
let folder: string;
/** Guests, by what they do. */
const guest: Record<string, string> = {};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ulna-process-'));
  const bodies: Record<string, string> = {
    off: 'print "hello\\n"',
    spin: 'print "spinning\\n"\nb .',
    work: `
  print "working\\n"
  mov x20, #0x1234
  mov x21, #0
  mov x22, #0
1:add x21, x21, #1
  sub x22, x22, #1
  b 1b`,
    wait: 'print "waiting\\n"\n1: wfi\nb 1b',
    panic: 'print "Kernel panic - not syncing: test\\n"\n' +
      'print "---[ end Kernel panic - not syncing: test ]---\\n"\nb .',
    // Prints how often it has been reset, which it keeps in memory and in X25 (which a reset clears).
    count: `
  mov x20, #0x44000000
  ldr x21, [x20]
  add x22, x21, #1
  str x22, [x20]
  mov x0, x25
  mov x25, #77
  orr x0, x0, x21
  bl putx
  cmp x21, #2
  b.lo reset
  print "end\\n"`,
    reset: 'print "once\\n"\nb reset',
    // Sends back what it gets until it is a dot; then powers off.
    echo: `
  print "ready\\n"
1:ldr w1, [x15, #0x18]
  tbnz w1, #4, 1b
  ldr w1, [x15]
  and w1, w1, #0xff
  str w1, [x15]
  cmp w1, #'.'
  b.ne 1b`,
    flood: '1: print "all work and no play makes a dull guest\\n"\nb 1b',
  };
  for (const [name, body] of Object.entries(bodies)) guest[name] = (await bareProgram(body, ADDRESS)).elf;
});
afterAll(() => rmSync(folder, { recursive: true }));

const args = (name: string, ...more: string[]): string[] =>
  ['boot', '--cpu', 'cortex-a57', '--device', `loader,file=${guest[name]},cpu-num=0`, '--timeout', '100', ...more];
const path = (name: string): string => join(folder, name);

describe('the exit status', () => {
  it('is 0 after power-off', async () => {
    expect(await runUlna(args('off'))).toMatchObject({ status: 0, output: 'hello\n', errors: '' });
  });

  it('is 3 after a panic, 4 after --timeout', async () => {
    const [panic, timeout] = await Promise.all([
      runUlna(args('panic')), runUlna([...args('spin'), '--timeout', '0.2']),
    ]);
    expect([panic.status, timeout.status]).toEqual([3, 4]);
    expect([panic.errors, timeout.errors]).toEqual(['', '']);
  });

  it.each([['SIGINT', 130], ['SIGTERM', 143], ['SIGHUP', 129]] as const)('is that of %s', async (signal, status) => {
    for (const name of ['spin', 'wait']) {
      const run = new UlnaProcess(args(name));
      await run.printed(/ing\n/);
      run.child.kill(signal);
      expect(await run.finished).toMatchObject({ status, signal: null, errors: '' });
    }
  });

  it('is 2 with one line and no stack when something is wrong', async () => {
    const run = await runUlna(['boot', '--kernel', path('none')]);
    expect(run).toMatchObject({ status: 2, output: '', errors: `ulna: --kernel: ${path('none')} does not exist\n` });
  });
});

describe('a reset', () => {
  const line = (n: number): string => `${String(n).padStart(16, '0')}\n`;

  it('starts the machine again, registers cleared and memory kept', async () => {
    const stats = path('reset.json');
    const run = await runUlna(args('count', '--stats', stats, '--mark', line(2).trim(), '--mark', 'never'));
    expect(run).toMatchObject({ status: 0, output: `${line(0)}${line(1)}${line(2)}end\n` });
    const statistics = JSON.parse(readFileSync(stats, 'utf8')) as Record<string, never>;
    expect(statistics['end']).toEqual({ reason: 'poweroff', status: 0 });
  });

  it('ends the run with status 0 under --no-reboot', async () => {
    const stats = path('no-reboot.json');
    const run = await runUlna(args('reset', '--no-reboot', '--stats', stats));
    expect(run).toMatchObject({ status: 0, output: 'once\n' });
    expect(JSON.parse(readFileSync(stats, 'utf8'))).toMatchObject({ end: { reason: 'reset', status: 0 } });
  });
});

it('--sample writes to a pipe as it does to a file', async () => {
  const pipe = path('sample');
  execFileSync('mkfifo', [pipe]);
  const read = readFile(pipe);
  expect(await runUlna([...args('work'), '--timeout', '0.5', '--sample', pipe])).toMatchObject({ status: 4, errors: '' });
  const sample = await read;
  expect(sample.length).toBeGreaterThan(0);
  expect(sample.length % SAMPLE_BYTES).toBe(0);
});

it('--stats has every field, with the meaning it says', async () => {
  const stats = path('stats.json');
  await runUlna(args('count', '--stats', stats, '--mark', '0000000000000001', '--mark', 'never', '--mark', 'end'));
  const s = JSON.parse(readFileSync(stats, 'utf8')) as {
    instructions: number; instructionsInterpreted: number; instructionsTranslated: number; virtualSeconds: number;
    perVcpu: { instructions: number; instructionsInterpreted: number; instructionsTranslated: number; exits: object }[];
    exits: Record<string, number>; seconds: Record<string, number>;
    marks: { text: string; seconds: number | null; instructions: number | null; virtualSeconds: number | null }[];
  };
  expect(Object.keys(s).sort()).toEqual([
    'end', 'exits', 'instructions', 'instructionsInterpreted', 'instructionsTranslated', 'marks', 'perVcpu', 'seconds',
    'virtualSeconds',
  ]);
  // Three times about 9 instructions for each of 16 digits.
  expect(s.instructions).toBeGreaterThan(450);
  expect(s.instructions).toBeLessThan(2000);
  expect(s.instructionsInterpreted + s.instructionsTranslated).toBe(s.instructions);
  expect(s.perVcpu).toHaveLength(1);
  expect(s.perVcpu[0]).toMatchObject({ instructions: s.instructions, exits: s.exits });
  expect(s.exits['HypervisorCall']).toBe(3);
  expect(Object.keys(s.seconds).sort()).toEqual(['load', 'run', 'start', 'total']);
  const { load, run, start, total } = s.seconds;
  for (const part of [load, run, start]) expect(part).toBeGreaterThan(0);
  expect(load + run + start).toBeLessThanOrEqual(total);
  expect(s.virtualSeconds).toBeGreaterThan(0);
  expect(s.marks.map(({ text }) => text)).toEqual(['0000000000000001', 'never', 'end']);
  const [first, never, end] = s.marks;
  expect(never).toEqual({ text: 'never', seconds: null, instructions: null, virtualSeconds: null });
  for (const mark of [first, end]) {
    expect(mark.seconds).toBeGreaterThanOrEqual(0);
    expect(mark.instructions).toBeLessThanOrEqual(s.instructions);
    expect(mark.virtualSeconds).toBeLessThanOrEqual(s.virtualSeconds);
  }
  expect(end.instructions).toBeGreaterThanOrEqual(first.instructions!);
});

describe('streams', () => {
  const shell = (command: string) =>
    spawnSync('bash', ['-c', command, 'bash', process.execPath, ULNA, ...args('flood')], { encoding: 'latin1' });

  it('a reader that goes away ends the run as SIGPIPE would, without a word', () => {
    const { stdout, stderr } = shell('"$@" | head -1; echo "${PIPESTATUS[0]}"');
    expect(stdout).toBe('all work and no play makes a dull guest\n141\n');
    expect(stderr).toBe('');
    const program = '"$@" boot --help | true';
    const help = spawnSync('bash', ['-c', program, 'bash', process.execPath, ULNA], { encoding: 'latin1' });
    expect(help.stderr).toBe('');
  });

  it.each(['<&-', '</dev/null', '2>&-'])('%s is no trouble', (redirection) => {
    const { stdout, status } = spawnSync(
      'bash', ['-c', `"$@" ${redirection}`, 'bash', process.execPath, ULNA, ...args('off')], { encoding: 'latin1' });
    expect([stdout, status]).toEqual(['hello\n', 0]);
  });

  it('what is typed or piped in reaches the guest', async () => {
    const run = new UlnaProcess(args('echo'));
    const ready = await run.printed(/ready\n/);
    run.type('abc');
    await run.printed(/abc/, ready);
    run.type('d.');
    expect(await run.finished).toMatchObject({ status: 0, output: 'ready\nabcd.' });
  });
});

/** Runs a shell command on a terminal of its own; what that shows. */
function onTerminal(command: string, input = ''): string {
  return execFileSync('script', ['-qec', `bash -c '${command}'`, '/dev/null'], { input, encoding: 'latin1' });
}

describe('the terminal', () => {
  const commandLine = (name: string): string => [process.execPath, ULNA, ...args(name)].join(' ');

  it.each(['INT', 'TERM', 'HUP'])('is as before after SIG%s', (signal) => {
    // In the background something waits until the terminal is raw, and then sends the signal.
    const whenRaw = 'for i in $(seq 400); do stty -a </dev/tty | grep -q -- -icanon && break; sleep 0.05; done';
    const shown = onTerminal(
      `stty -g >${path('before')}; (${whenRaw}; kill -${signal} $(cat ${path('pid')})) & ` +
      `(echo $BASHPID >${path('pid')}; exec ${commandLine('wait')}); echo "status $?"; stty -g >${path('after')}`);
    expect(shown).toMatch(/status (130|143|129)/);
    expect(readFileSync(path('after'), 'utf8')).toBe(readFileSync(path('before'), 'utf8'));
  });

  it('has the monitor behind Ctrl-A c, and Ctrl-A x ends the run', async () => {
    const run = new UlnaProcess(['-qec', `bash -c '${commandLine('work')}; echo "status $?"'`, '/dev/null'], {
      program: 'script',
    });
    await run.printed(/working\r\n/);
    await run.ask('\x01c', /\(ulna\) /);
    const counts: bigint[] = [];
    // It goes on in between; a question may come before it has.
    while (new Set(counts).size < 3) {
      const text = await run.ask('info registers\r', /Q31=\S+\s+\(ulna\) /);
      // The state of a guest that never leaves its loop, as it is now: X21 counts, X22 is minus that.
      const [, pc] = /CPU#0\s+PC=([0-9a-f]{16})/.exec(text)!;
      expect(pc).toMatch(/^000000004100/);
      expect(text).toMatch(/X20=0000000000001234/);
      expect(text).toMatch(/PSTATE=[0-9a-f]{8} [-N][-Z][-C][-V] EL1h/);
      const [up, down] = ['X21', 'X22'].map((name) => BigInt(`0x${new RegExp(`${name}=(\\w+)`).exec(text)![1]}`));
      expect([up, up - 1n]).toContain(BigInt.asUintN(64, -down));
      counts.push(up);
    }
    expect(counts).toEqual([...counts].sort((a, b) => Number(a - b)));
    await run.ask('info mtree\r', /0000000009000000-0000000009000fff mmio uart/);
    await run.ask('info qtree\r', /virtio-mmio 31 at 0x0a003e00, INTID 79: virtio-rng-device/);
    await run.ask('frobnicate\r', /unknown command: 'frobnicate'; help lists the commands/);
    await run.ask('help\r', /system_powerdown +press the power key/);
    await run.ask('system_reset\r', /working\r\n/);
    run.type('\x01x');
    const { output } = await run.finished;
    expect(output).toContain('status 0');
  });
});

describe('several CPUs', () => {
  it('one is started, the others are off; the monitor shows each; Ctrl-A x ends all of them', async () => {
    const commandLine = [process.execPath, ULNA, ...args('work', '--smp', '3')].join(' ');
    const run = new UlnaProcess(['-qec', `bash -c '${commandLine}; echo "status $?"'`, '/dev/null'], { program: 'script' });
    await run.printed(/working\r\n/);
    await run.ask('\x01c', /\(ulna\) /);
    expect(await run.ask('info cpus\r', /CPU #2\s+\(ulna\) /)).toMatch(/\* CPU #0\s+CPU #1\s+CPU #2/);
    expect(await run.ask('info registers\r', /Q31=\S+\s+\(ulna\) /)).toMatch(/CPU#0\s+PC=0000000041/);
    await run.ask('cpu 2\r', /\(ulna\) /);
    expect(await run.ask('info registers\r', /Q31=\S+\s+\(ulna\) /)).toMatch(/CPU#2\s+PC=/);
    await run.ask('cpu 3\r', /invalid CPU index '3'; there are 0 to 2/);
    expect(await run.ask('info registers -a\r', /CPU#2[^#]+Q31=\S+\s+\(ulna\) /)).toMatch(/CPU#0[^#]+CPU#1[^#]+CPU#2/);
    await run.ask('system_reset\r', /working\r\n/);
    run.type('\x01x');
    const { output } = await run.finished;
    expect(output).toContain('status 0');
  });

  it.each([
    ['reset', '--no-reboot', 0, 'once\n'], ['wait', '--timeout=1', 4, undefined],
  ])('%s with %s ends with status %i', async (name, option, status, output) => {
    const run = await runUlna(args(name, ...option.split('='), '--smp', '4'));
    expect(run).toMatchObject({ status, ...(output !== undefined && { output }) });
  });
});

describe('serial lines', () => {
  it('file, emptied or appended to', async () => {
    const log = path('log');
    writeFileSync(log, 'before\n');
    await runUlna(args('off', '--serial', `file:${log},append=on`));
    expect(readFileSync(log, 'utf8')).toBe('before\nhello\n');
    await runUlna(args('off', '--serial', `file:${log}`));
    expect(readFileSync(log, 'utf8')).toBe('hello\n');
  });

  const talk = async (socket: Socket): Promise<string> => {
    let text = '';
    socket.on('data', (data: Buffer) => {
      if (text === '') socket.write('xyz.');
      text += data.toString();
    });
    await new Promise((resolve) => socket.once('close', resolve));
    return text;
  };

  it('a server waits for its client, who sees everything', async () => {
    const socket = path('server');
    const run = new UlnaProcess(args('echo', '--serial', `unix:${socket},server=on`));
    await run.remarked(/waiting for a connection on .*server\n/);
    expect(await talk(createConnection(socket))).toBe('ready\nxyz.');
    expect((await run.finished).status).toBe(0);
    expect(existsSync(socket)).toBe(false);
  });

  it('a client connects to a server that is there', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const text = new Promise<string>((resolve) => server.once('connection', (socket) => resolve(talk(socket))));
    const run = runUlna(args('echo', '--serial', `tcp:127.0.0.1:${port}`));
    expect(await text).toBe('ready\nxyz.');
    expect((await run).status).toBe(0);
    server.close();
  });
});

/** Snapshots of small bare-metal guests by the built program: in place, in another process, killed, refused, kept by --fast. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UlnaProcess, runUlna } from '../harness/ulna-process.js';
import { bareProgram } from './bare.js';

let folder: string;
const file = (name: string): string => join(folder, name);

/**
 * Computes in 64 KiB of memory by a linear congruence, with a dot every while, and prints a digest in the end. After dot 30 and
 * dot 45 it goes on computing elsewhere until a key is typed, so that no host is so fast that it ends before it is meant to.
 */
const DIGEST = `
  mov x20, #1
  movz x21, #0x7f2d
  movk x21, #0x4c95, lsl #16
  movk x21, #0xf42d, lsl #32
  movk x21, #0x5851, lsl #48
  movz x24, #0x4100, lsl #16
  mov x22, #60
dots:
  movz x23, #2, lsl #16
1:mul x20, x20, x21
  add x20, x20, #11
  ubfx x1, x20, #40, #13
  ldr x2, [x24, x1, lsl #3]
  eor x2, x20, x2, ror #7
  str x2, [x24, x1, lsl #3]
  subs x23, x23, #1
  b.ne 1b
  print "."
  cmp x22, #30
  b.eq gate
  cmp x22, #15
  b.ne 4f
gate:
  mov x25, x20
  add x26, x24, #16, lsl #12
3:mul x25, x25, x21
  ubfx x1, x25, #40, #12
  str x25, [x26, x1, lsl #3]
  ldr w0, [x15, #0x18]
  tbnz w0, #4, 3b
  ldr w0, [x15]
4:subs x22, x22, #1
  b.ne dots
  mov x0, #0
  mov x3, #0
2:ldr x2, [x24, x3, lsl #3]
  eor x0, x2, x0, ror #9
  add x3, x3, #1
  cmp x3, #8192
  b.ne 2b
  mov x19, x0
  print "digest "
  mov x0, x19
  bl putx
`;

/** Says what it was given, then answers keys: each byte that is typed comes back, q ends it, r resets it. */
const ECHO = `
  print "started\\n> "
wait:
  ldr w0, [x15, #0x18]
  tbz w0, #4, key
  // EL1's virtual timer wakes it, 10 ms later, without an interrupt being taken
  mrs x0, cntfrq_el0
  mov x1, #100
  udiv x0, x0, x1
  msr cntv_tval_el0, x0
  mov x0, #1
  msr cntv_ctl_el0, x0
  wfi
  b wait
key:
  ldr w0, [x15]
  cmp w0, #'q'
  b.eq off
  cmp w0, #'r'
  b.eq reset
  str w0, [x15]
  b wait
`;

const programs: Record<string, string> = {};
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ulna-snapshot-boot-'));
  for (const [name, source] of Object.entries({
    digest: DIGEST, echo: `${GIC}${ECHO}`,
  })) {
    programs[name] = (await bareProgram(source)).elf;
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The virtual timer's interrupt, pending but masked, ends WFI. */
const GIC = `
  movz x1, #0x0800, lsl #16
  mov w2, #2
  str w2, [x1]
  movz x1, #0x080b, lsl #16
  mov w2, #(1 << 27)
  str w2, [x1, #0x80]
  str w2, [x1, #0x100]
  movz x1, #0x080a, lsl #16
  str wzr, [x1, #0x14]
  mov x2, #7
  msr S3_0_C12_C12_5, x2
  isb
  mov x2, #0xff
  msr S3_0_C4_C6_0, x2
  mov x2, #1
  msr S3_0_C12_C12_7, x2
  mov x15, #0x09000000
`;

const start = (program: string, ...more: string[]): UlnaProcess =>
  new UlnaProcess(['boot', '--kernel', programs[program], '--cpu', 'cortex-a57', '--memory', '64M', '--timeout', '100', ...more]);
const restore = (path: string, ...more: string[]): UlnaProcess => new UlnaProcess(['boot', '--restore', path, '--timeout', '100', ...more]);

/** Gives the monitor a command and goes back to the console. @returns what it answered */
async function monitor(run: UlnaProcess, command: string): Promise<string> {
  const from = run.output.length;
  run.type(`\x01c${command}\n`);
  const first = await run.printed(/\(ulna\) /, from);
  const end = await run.printed(/\(ulna\) /, first);
  run.type('\x01c');
  return run.output.slice(first, end).split('\n').slice(1, -1).join('\n');
}

/** Saves while the guest prints dots, which are no answer of the monitor's. */
const saveBetweenDots = async (run: UlnaProcess, path: string): Promise<void> =>
  expect((await monitor(run, `snapshot save ${path}`)).replaceAll('.', '')).toBe('');

const digestOf = (output: string): string | undefined => /digest ([0-9a-f]{16})/.exec(output)?.[1];

describe.each(['on', 'off'])('with the translator %s', (jit) => {
  it('a computation goes on from the middle to the same end, here and in another process', async () => {
    const whole = start('digest', '--jit', jit);
    whole.type('12');
    const expected = digestOf((await whole.finished).output);
    expect(expected).toBeDefined();

    const path = file(`middle-${jit}`);
    const run = start('digest', '--jit', jit);
    await run.printed(/\.{5}/);
    await saveBetweenDots(run, path);
    const saved = run.output.length;
    run.type('1');
    await run.printed(/\.{3}/, saved);
    // it goes back, and does what it did once more
    expect((await monitor(run, `snapshot restore ${path}`)).replaceAll('.', '')).toBe('');
    run.type('12');
    const ended = await run.finished;
    expect(ended).toMatchObject({ status: 0, errors: '' });
    expect(digestOf(ended.output)).toBe(expected);
    expect(ended.output.replaceAll(/[^.]/g, '').length).toBeGreaterThan(60);

    const second = restore(path, '--jit', jit);
    second.type('12');
    const other = await second.finished;
    expect(other).toMatchObject({ status: 0, errors: '' });
    expect(digestOf(other.output)).toBe(expected);
  });
});

it('a guest at its prompt shows it again, takes keys, wakes by its timer, and can be reset', async () => {
  const run = start('echo');
  await run.printed(/> /);
  run.type('ab');
  await run.printed(/ab/);
  const path = file('prompt with a space');
  expect(await monitor(run, `snapshot save ${path}`)).toBe('');
  run.type('q');
  expect(await run.finished).toMatchObject({ status: 0, errors: '' });

  const again = restore(path);
  const shown = await again.printed(/started\n> ab/);
  again.type('cd');
  const answered = await again.printed(/cd/, shown);
  // the images are in the snapshot: a reset needs no other file
  again.type('r');
  const started = await again.printed(/started\n> /, answered);
  // a machine that was restored and reset can be saved too
  again.type('ef');
  await again.printed(/ef/, started);
  expect(await monitor(again, `snapshot save ${path}`)).toBe('');
  again.type('q');
  expect(await again.finished).toMatchObject({ status: 0, errors: '' });
  const third = restore(path);
  await third.printed(/> ef/);
  third.type('r');
  await third.printed(/started\n> /, await third.printed(/ef/));
  third.type('q');
  expect((await third.finished).status).toBe(0);
});

it('what does not fit is refused in one line', async () => {
  const disk = file('disk.img');
  writeFileSync(disk, Buffer.alloc(1 << 20));
  const run = start('echo', '--drive', `file=${disk},format=raw`);
  await run.printed(/> /);
  const path = file('fits');
  expect(await monitor(run, `snapshot save ${path}`)).toBe('');
  expect(await monitor(run, `snapshot save ${join(folder, 'none', 'x')}`)).toMatch(/^snapshot .* cannot be written: no such file or directory$/);
  expect(await monitor(run, `snapshot restore ${programs['echo']}`)).toMatch(/^snapshot .*: is not a snapshot$/);
  expect(await monitor(run, 'snapshot')).toMatch(/^unknown command/);
  run.type('x');
  await run.printed(/x/);
  run.type('q');
  expect((await run.finished).status).toBe(0);

  const other = start('echo', '--memory', '128M', '--drive', `file=${disk},format=raw`);
  await other.printed(/> /);
  expect(await monitor(other, `snapshot restore ${path}`)).toMatch(/does not fit this machine: --memory was 64 MiB, here it is 128 MiB$/);
  other.type('y');
  await other.printed(/y/);
  other.type('q');
  expect((await other.finished).status).toBe(0);

  const refusal = async (args: readonly string[]): Promise<string> => {
    const { status, output, errors } = await runUlna(['boot', ...args]);
    expect({ status, output }).toEqual({ status: 2, output: '' });
    expect(errors).toMatch(/^ulna: [^\n]*\n$/);
    return errors;
  };
  expect(await refusal(['--restore', path, '--memory', '1G'])).toContain('--memory was 64 MiB, here it is 1 GiB');
  expect(await refusal(['--restore', path, '--smp', '2'])).toContain('--smp was 1, here it is 2');
  expect(await refusal(['--restore', path, '--device', 'virtio-rng-device'])).toContain('virtio slot 0 was the drive disk.img');
  expect(await refusal(['--restore', file('none')])).toContain('no such file');
  expect(await refusal(['--restore', path, '--fast'])).toContain('--fast: not with --restore');
  const bytes = readFileSync(path);
  writeFileSync(file('short'), bytes.subarray(0, bytes.length / 2));
  expect(await refusal(['--restore', file('short')])).toContain('is truncated');
  bytes[200] ^= 1;
  writeFileSync(file('damaged'), bytes);
  expect(await refusal(['--restore', file('damaged')])).toContain('is damaged');
  writeFileSync(disk, Buffer.alloc(1 << 20, 1));
  expect(await refusal(['--restore', path])).toContain(`${disk} has changed since the snapshot was made`);
});

it('kill -9 in the middle of a save leaves the older snapshot', async () => {
  const path = file('killed');
  const run = start('digest', '--memory', '1G', '--device', `loader,file=${noise()},addr=0x48000000,force-raw=on`);
  await run.printed(/\.{2}/);
  await saveBetweenDots(run, path);
  const older = readFileSync(path);
  run.type(`\x01csnapshot save ${path}\n`);
  const temporary = `${path}.${run.child.pid}.tmp`;
  while (!existsSync(temporary) || statSync(temporary).size < 1 << 20) await new Promise((resolve) => setTimeout(resolve, 1));
  run.child.kill('SIGKILL');
  expect((await run.finished).signal).toBe('SIGKILL');
  expect(existsSync(temporary)).toBe(true);
  expect(Buffer.compare(readFileSync(path), older)).toBe(0);
  const restored = restore(path);
  await saveBetweenDots(restored, path);
  expect(readdirSync(folder).filter((name) => name.startsWith('killed.'))).toEqual([]);
  restored.type('\x01x');
  expect((await restored.finished).status).toBe(0);
});

/** A file that takes a while to compress. */
function noise(): string {
  const bytes = new Uint32Array(12 << 18);
  for (let i = 0, x = 1; i < bytes.length; i++) bytes[i] = x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
  writeFileSync(file('noise'), bytes);
  return file('noise');
}

it('--fast keeps a snapshot of the guest at its prompt, starts from it, and drops one that is damaged', async () => {
  const before = process.env['XDG_CACHE_HOME'];
  process.env['XDG_CACHE_HOME'] = file('cache');
  try {
    const kept = (): string[] => {
      const snapshots = join(folder, 'cache', 'ulna', 'snapshots');
      return existsSync(snapshots) ? readdirSync(snapshots).filter((name) => name.endsWith('.snapshot')).map((n) => join(snapshots, n)) : [];
    };
    const first = start('echo', '--fast');
    await first.printed(/> /);
    while (kept().length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
    first.type('q');
    expect(await first.finished).toMatchObject({ status: 0, errors: '' });

    const second = start('echo', '--fast', '--stats', file('stats'));
    second.type('zq');
    expect(await second.finished).toMatchObject({ status: 0, errors: '', output: 'started\n> z' });
    expect(kept()).toHaveLength(1);

    // another machine has a snapshot of its own
    const other = start('echo', '--fast', '--smp', '2');
    await other.printed(/> /);
    while (kept().length < 2) await new Promise((resolve) => setTimeout(resolve, 50));
    other.type('q');
    expect((await other.finished).status).toBe(0);

    for (const path of kept()) writeFileSync(path, readFileSync(path).subarray(0, 3000));
    const third = start('echo', '--fast');
    third.type('q');
    await third.printed(/> /);
    const { status, errors } = await third.finished;
    expect(status).toBe(0);
    expect(errors).toMatch(/^ulna: --fast: snapshot .* is truncated; it is dropped, and the guest boots\n$/);

    writeFileSync(file('writable.img'), Buffer.alloc(512));
    const refused = await runUlna(['boot', '--kernel', programs['echo'], '--fast', '--drive', `file=${file('writable.img')},format=raw`]);
    expect(refused).toMatchObject({ status: 2, errors: expect.stringMatching(/^ulna: --fast: the guest may write to .*\n$/) as string });
  } finally {
    if (before === undefined) delete process.env['XDG_CACHE_HOME'];
    else process.env['XDG_CACHE_HOME'] = before;
  }
});

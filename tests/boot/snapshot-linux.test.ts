/** A snapshot of Debian's kernel on two vCPUs: disk overlay, console, timers and clock in place and in another process, and a reboot. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { UlnaProcess } from '../harness/ulna-process.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ulna-snapshot-linux-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A run with a shell at its prompt. */
class Shell {
  constructor(readonly run: UlnaProcess, private at = 0) {}

  /** @param behind what it stands behind */
  async prompt(behind = /\/ # /): Promise<void> {
    this.at = await this.run.printed(behind, this.at);
  }

  /** Runs a command; what it prints. */
  async sh(command: string): Promise<string> {
    const from = this.at;
    this.run.type(`${command}; echo "done"=\n`);
    const end = await this.run.printed(/done=/, await this.run.printed(/"done"=/, from));
    this.at = await this.run.printed(/\/ # /, end);
    return this.run.output.slice(from, end);
  }

  async monitor(command: string): Promise<string> {
    this.run.type(`\x01c${command}\n`);
    const first = await this.run.printed(/\(ulna\) /, this.at);
    const end = await this.run.printed(/\(ulna\) /, first);
    this.run.type('\x01c');
    this.at = end;
    return this.run.output.slice(first, end).split('\n').slice(1, -1).join('\n');
  }
}

it('goes on with its processes, disk, console and timers on two vCPUs, and reboots', async () => {
  const disk = join(folder, 'disk');
  writeFileSync(disk, Buffer.alloc(1 << 20, 'disk '));
  const before = readFileSync(disk);
  const path = join(folder, 'snapshot');
  const options = ['--smp', '2', '--memory', '512M', '--timeout', '400', '--drive', `file=${disk},format=raw,snapshot=on`,
    '--console', `file:${join(folder, 'hvc0')}`];
  const first = new Shell(new UlnaProcess(['boot', '--suite', 'trixie', '--cpu', 'cortex-a57', '--append', 'quiet', ...options]));
  await first.prompt();
  const write = (text: string): string => `echo ${text} | dd of=/dev/vda bs=512 seek=3 conv=fsync,notrunc 2>/dev/null`;
  const read = 'dd if=/dev/vda bs=512 skip=3 count=1 iflag=direct 2>/dev/null | head -c 8';
  await first.sh(write('first...'));
  await first.sh('value=kept; (sleep 12; echo slept-over) & (while :; do :; done) & echo busy');
  expect(await first.monitor(`snapshot save ${path}`)).not.toContain('snapshot');
  await first.sh(write('second..'));
  expect(await first.sh(`value=lost; ${read}`)).toContain('second..');
  expect(await first.monitor(`snapshot restore ${path}`)).not.toContain('snapshot');
  // the sleeper has the rest of its time before it, whether or not it had woken already
  const from = first.run.output.length;
  expect(await first.sh(`echo [$value]; ${read}`)).toMatch(/\[kept\]\s+first\.\.\./);
  await first.run.printed(/slept-over/, from);
  first.run.type('poweroff -f\n');
  expect(await first.run.finished).toMatchObject({ status: 0, errors: '' });

  // nothing but the file says what machine it is
  const second = new Shell(new UlnaProcess(['boot', '--restore', path, '--timeout', '400']));
  // what was on the screen is shown
  await second.prompt(/busy\s+done=\s+\/ # /);
  expect(await second.sh(`echo [$value]; grep -c ^processor /proc/cpuinfo; ${read}`)).toMatch(/\[kept\]\s+2\s+first\.\.\./);
  await second.run.printed(/slept-over/);
  await second.sh('kill %2; echo to the console > /dev/hvc0');
  expect(readFileSync(join(folder, 'hvc0'), 'latin1')).toContain('to the console');
  // the clock on the board goes with the host's
  const seconds = Number(/T=(\d+)=/.exec(await second.sh('echo T=$(cat /sys/class/rtc/rtc0/since_epoch)='))?.[1]);
  expect(Math.abs(seconds - Date.now() / 1000)).toBeLessThan(20);
  second.run.type('reboot -f\n');
  await second.run.printed(/\/ # /, await second.run.printed(/reboot: Restarting system/));
  second.run.type('poweroff -f\n');
  const { status, output, errors } = await second.run.finished;
  expect({ status, errors }).toEqual({ status: 0, errors: '' });
  expect(output).not.toMatch(/I\/O error|WARNING|BUG:|rcu: INFO/);
  expect(Buffer.compare(readFileSync(disk), before)).toBe(0);
}, 500_000);

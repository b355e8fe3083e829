/** Disks, a virtio console and a reset under Debian's kernel, with the host's files looked at from outside. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { UlnaProcess, runUlna } from '../harness/ulna-process.js';

const DISK_BYTES = 1 << 20;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ulna-drive-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function disk(name: string, bytes = DISK_BYTES): string {
  const path = join(folder, name);
  writeFileSync(path, Buffer.alloc(bytes, `${name} `));
  return path;
}

it('what the guest has flushed is on the disk, snapshots are not, and both are there after a reboot', async () => {
  const [plain, snapshot, readOnly, odd] = [disk('plain'), disk('snapshot'), disk('readonly'), disk('odd', 5000)];
  const before = { snapshot: readFileSync(snapshot), readOnly: readFileSync(readOnly) };
  const hvc = join(folder, 'hvc0');
  const run = new UlnaProcess([
    'boot', '--suite', 'trixie', '--cpu', 'cortex-a57', '--append', 'quiet', '--timeout', '400',
    '--drive', `file=${plain},format=raw,serial=PLAIN`, '--drive', `file=${snapshot},format=raw,snapshot=on`,
    '--drive', `file=${readOnly},format=raw,readonly=on`, '--drive', `file=${odd},format=raw,cache=writethrough`,
    '--console', `file:${hvc}`,
  ]);
  let at = await run.printed(/\n\/ # /);
  /** Runs a command in the guest's shell; what it prints. */
  const sh = async (command: string): Promise<string> => {
    const from = at;
    run.type(`${command}; echo "done"=\n`);
    const end = await run.printed(/done=/, await run.printed(/"done"=/, from));
    at = await run.printed(/\/ # /, end);
    return run.output.slice(from, end);
  };
  const write = (device: string): string =>
    `echo written to ${device} | dd of=/dev/${device} bs=512 seek=3 conv=fsync,notrunc 2>/dev/null; echo status=$?`;
  const read = (device: string): string => `dd if=/dev/${device} bs=512 skip=3 count=1 2>/dev/null | head -c 15`;
  const onHost = (path: string): string => readFileSync(path, 'latin1').slice(1536, 1551);

  expect(await sh('cat /sys/block/vd*/size /sys/block/vda/serial')).toMatch(/2048\s+2048\s+2048\s+10\s+PLAIN/);
  expect(await sh('cat /sys/block/vd*/ro')).toMatch(/0\s+0\s+1\s+0/);
  expect(await sh('cat /sys/block/vd[ad]/queue/write_cache')).toMatch(/write back\s+write through/);
  // Another machine is kept from the images while this one has them.
  const second = await runUlna(['boot', '--device', 'loader,addr=0,cpu-num=0', '--drive', `file=${plain}`]);
  expect(second).toMatchObject({
    status: 2, errors: expect.stringMatching(/^ulna: drive .*: another machine writes it/) as string,
  });

  expect(await sh(write('vda'))).toContain('status=0');
  expect(onHost(plain)).toBe('written to vda\n');
  expect(await sh(write('vdb'))).toContain('status=0');
  expect(Buffer.compare(readFileSync(snapshot), before.snapshot)).toBe(0);
  expect(await sh(write('vdc'))).toMatch(/status=[^0]/);
  expect(await sh(write('vdd'))).toContain('status=0');
  expect(onHost(odd)).toBe('written to vdd\n');
  await sh('echo hello console >/dev/hvc0');
  expect(readFileSync(hvc, 'latin1')).toBe('hello console\r\n');

  run.type('reboot -f\n');
  at = await run.printed(/\n\/ # /, await run.printed(/reboot: Restarting system/, at));
  for (const device of ['vda', 'vdb']) expect(await sh(read(device))).toContain(`written to ${device}`);
  expect(await sh(read('vdc'))).not.toContain('written');
  run.type('poweroff -f\n');
  expect(await run.finished).toMatchObject({ status: 0, errors: '' });
  expect(Buffer.compare(readFileSync(snapshot), before.snapshot)).toBe(0);
  expect(Buffer.compare(readFileSync(readOnly), before.readOnly)).toBe(0);
  expect(onHost(plain)).toBe('written to vda\n');
  expect(run.output).not.toMatch(/I\/O error|WARNING|BUG:/);
}, 500_000);

it('the first virtio console is hvc0, where the terminal can be', async () => {
  const run = new UlnaProcess([
    'boot', '--suite', 'trixie', '--cpu', 'cortex-a57', '--append', 'quiet', '--timeout', '300', '--no-reboot',
    '--console', 'stdio', '--mark', 'never',
  ]);
  const at = await run.printed(/\n\/ # /);
  run.type('tty; cat /sys/class/tty/console/active\n');
  await run.printed(/\/dev\/hvc0\s[\s\S]*ttyAMA0 hvc0|hvc0 ttyAMA0/, at);
  // A reset ends the run, which it asks for by itself.
  run.type('reboot -f\n');
  expect(await run.finished).toMatchObject({ status: 0, errors: '' });
}, 400_000);

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { fetchPackages } from '../../guest/index.js';

const ULNA = fileURLToPath(new URL('../../bin/ulna', import.meta.url));

/** Runs firmware until its console shows `prompt`, then types a line and waits for `answer`. */
function converse(firmware: string, prompt: RegExp, line: string, answer: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [ULNA, 'boot', '--firmware', firmware, '--cpu', 'cortex-a57', '--timeout', '200']);
    let output = '';
    let typed = -1;
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString('latin1');
      if (typed < 0 && prompt.test(output)) {
        typed = output.length;
        child.stdin.write(`${line}\r`);
      } else if (typed >= 0 && answer.test(output.slice(typed))) {
        child.kill('SIGTERM');
      }
    });
    child.on('error', reject);
    child.on('close', () => resolve(output));
  });
}

it('U-Boot reaches its prompt and answers', async () => {
  const [uboot] = await fetchPackages('trixie', 'arm64', ['u-boot-qemu']);
  const firmware = join(uboot.root, 'usr/lib/u-boot/qemu_arm64/u-boot.bin');
  // the first key press stops the countdown, if it still runs
  const output = await converse(firmware, /autoboot|=> /, '\rversion', /U-Boot 20[\s\S]*=> /);
  expect(output).toMatch(/=> [\s\S]*U-Boot 20/);
}, 300_000);

it('EDK2 reaches its shell', async () => {
  const [efi] = await fetchPackages('trixie', 'arm64', ['qemu-efi-aarch64']);
  const firmware = join(efi.root, 'usr/share/qemu-efi-aarch64/QEMU_EFI.fd');
  const output = await converse(firmware, /Shell>/, 'ver', /UEFI Interactive Shell v\d/);
  expect(output).toMatch(/Shell>/);
}, 300_000);

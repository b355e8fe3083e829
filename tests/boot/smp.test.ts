/** Debian's 6.12 with several CPUs: they come up, go off and come back, and the machine ends as one. */
import { describe, expect, it } from 'vitest';
import { bootLinux } from './linux.js';

const ONLINE = '/sys/devices/system/cpu/cpu1/online';

const count = (what: string): string => `echo ${what} $(nproc)`;
/** Processes that fork, execute and write code everywhere at once; each prints the digest of what it has read. */
const WORK = 'for i in 1 2 3 4; do (for j in 1 2 3 4 5 6 7 8; do busybox true; done; busybox sha256sum /bin/busybox)& done; wait';

describe.each([
  [2, 'cortex-a57', '0x411fd070'], [4, 'max', '0x000f0510'],
] as const)('%i CPUs, %s', (cpus, cpu, midr) => {
  it('boot, go off and on, and power off', async () => {
    const script = [
      count('first'), WORK, `echo 0 > ${ONLINE}`, count('less'), `echo 1 > ${ONLINE}`, count('again'), 'poweroff',
    ].join('; ');
    const run = await bootLinux({
      suite: 'trixie', cpu, options: ['--smp', String(cpus)], append: `ulna_run="${script}"`,
    });
    expect(run.output).toContain(`smp: Brought up 1 node, ${cpus} CPUs`);
    for (let n = 1; n < cpus; n++) {
      expect(run.output).toMatch(new RegExp(`CPU${n}: Booted secondary processor 0x000000000${n} \\[${midr}\\]`));
    }
    expect(run.output).toMatch(new RegExp(`first ${cpus}\\r?\\n`));
    expect(run.output).toMatch(new RegExp(`less ${cpus - 1}\\r?\\n`));
    expect(run.output).toMatch(new RegExp(`again ${cpus}\\r?\\n`));
    expect(run.output).toMatch(/psci: CPU1 killed/);
    const digests = run.output.match(/^[0-9a-f]{64} {2}\/bin\/busybox/gm) ?? [];
    expect([digests.length, new Set(digests).size]).toEqual([4, 1]);
    expect(run.trouble).toEqual([]);
    expect(run.status).toBe(0);
    const { perVcpu, instructions } = run.stats;
    expect(perVcpu).toHaveLength(cpus);
    expect(perVcpu.reduce((sum, vcpu) => sum + vcpu.instructions, 0)).toBe(instructions);
    for (const vcpu of perVcpu) expect(vcpu.instructions).toBeGreaterThan(1_000_000);
  }, 500_000);
});

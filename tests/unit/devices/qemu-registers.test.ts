import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MmioBus } from '../../../devices/bus/mmio-bus.js';
import type { MmioDevice } from '../../../devices/bus/device.js';
import { CfiFlash } from '../../../devices/flash/cfi-flash.js';
import { FwCfg } from '../../../devices/fw-cfg/fw-cfg.js';
import { FwCfgItems } from '../../../devices/fw-cfg/items.js';
import { Pl061 } from '../../../devices/gpio/pl061.js';
import { Pl031 } from '../../../devices/rtc/pl031.js';
import { Pl011 } from '../../../devices/serial/pl011.js';
import { blockDeviceType } from '../../../devices/virtio/block.js';
import type { VirtioDeviceType } from '../../../devices/virtio/device-type.js';
import { entropyDeviceType } from '../../../devices/virtio/entropy.js';
import { VirtioMmioTransport } from '../../../devices/virtio/mmio-transport.js';
import { deviceMemory, testChannel, TestClock, TestLine, TestRam } from './fixtures.js';
import { recordQemu } from './record-qemu.js';
import { SEQUENCES, type Sequence } from './qemu-sequences.js';

/**
 * What QEMU 7.2's devices answer to the same accesses, recorded through its qtest port by
 * `ULNA_RECORD=1 npx vitest run tests/unit/devices/qemu-registers.test.ts`.
 */
const GOLDEN = new URL('./qemu-registers.json', import.meta.url);
if (process.env.ULNA_RECORD === '1') writeFileSync(GOLDEN, `${JSON.stringify(recordQemu(), null, 1)}\n`);
const golden = JSON.parse(readFileSync(GOLDEN, 'utf8')) as Record<string, string[]>;

const transport = (type?: VirtioDeviceType): MmioDevice =>
  new VirtioMmioTransport(0, deviceMemory(VirtioMmioTransport.BYTES), { line: new TestLine(), kick() {} }, type);

const create: Record<Sequence['device'], () => MmioDevice> = {
  pl011: () => new Pl011(deviceMemory(Pl011.BYTES), testChannel().channel, new TestLine()),
  pl031: () => new Pl031(deviceMemory(Pl031.BYTES), new TestClock(), new TestLine(), Date.UTC(2020, 0, 1) / 1000),
  pl061: () => new Pl061(deviceMemory(Pl061.BYTES), new TestLine()),
  // QEMU's flash without an image is all zeroes.
  flash: () =>
    new CfiFlash(deviceMemory(CfiFlash.BYTES), new Uint8Array(new SharedArrayBuffer(64 << 20)), {
      arrayModeChanged() {}, programmed() {},
    }),
  'fw-cfg': () => new FwCfg(deviceMemory(FwCfg.BYTES), new FwCfgItems(), new TestRam(0x4000_0000, 65536)),
  'virtio-empty': () => transport(),
  'virtio-blk': () => transport(blockDeviceType({ bytes: 8 << 20, readOnly: false })),
  'virtio-rng': () => transport(entropyDeviceType),
};

describe('registers answer as on QEMU virt', () => {
  it.each(SEQUENCES.map((sequence) => [sequence.name, sequence] as const))('%s', (name, sequence) => {
    const bus = new MmioBus();
    const device = create[sequence.device]();
    device.reset();
    bus.map(0, device);
    const answers: string[] = [];
    const reads: string[] = [];
    for (const [kind, size, offset, value] of sequence.steps) {
      if (kind === 'w') {
        expect(bus.write(offset, size, value)).toBe(true);
        continue;
      }
      reads.push(`${size} bytes at 0x${offset.toString(16)}`);
      if (size === 8) {
        expect(bus.read64(offset)).toBe(true);
        answers.push(`0x${((BigInt(bus.high) << 32n) | BigInt(bus.low)).toString(16)}`);
      } else {
        answers.push(`0x${bus.read(offset, size).toString(16)}`);
      }
    }
    const label = (list: string[]): string[] => list.map((answer, i) => `${reads[i]}: ${answer}`);
    expect(label(answers)).toEqual(label(golden[name]));
  });
});

import { expect, test } from 'vitest';
import { MAX_VCPUS } from '../../../runtime/layout/memory-layout.js';
import { resolveMachineConfig } from '../../../src/config/machine-config.js';
import { MAX_CONSOLES } from '../../../src/config/virtio-device.js';
import { controlFieldOffset } from '../../../runtime/layout/vcpu-layout.js';
import { Board, MESSAGE_ADDRESS } from '../../../src/machine/board.js';
import { boardLayout, type BoardParameters } from '../../../src/machine/board-parameters.js';
import { VirtMemoryMap } from '../../../src/machine/virt-board.js';

test('the state of the largest board fits, and every thread finds the same', () => {
  const { virtio } = resolveMachineConfig({
    console: Array<string>(MAX_CONSOLES).fill('null'), drive: Array<string>(23).fill('file=x'),
  });
  const parameters: BoardParameters = {
    cpus: MAX_VCPUS, ramBytes: 8 << 20, el2: true, el3: true, its: true, flash: [undefined, { readOnly: true }],
    fwCfgItems: [], epoch: 0, deterministic: false,
    virtio: virtio.map((device) => device?.kind === 'block'
      ? { kind: 'block', disk: { bytes: 512, readOnly: false } }
      : device && { kind: device.kind }),
  };
  const pages = Math.ceil(boardLayout(parameters).totalBytes / 65536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: 65536, shared: true });
  const [one, other] = [new Board(memory, parameters), new Board(memory, parameters)];
  expect(one.transports.map((transport) => transport.type?.name)).toEqual([
    ...Array<string>(23).fill('virtio-blk'), ...Array<string>(8).fill('virtio-console'), 'virtio-rng',
  ]);
  expect([...one.consoleChannels.keys()]).toEqual([23, 24, 25, 26, 27, 28, 29, 30]);
  one.reset();
  one.consoleChannels.get(30)!.sendBytes(Uint8Array.of(1, 2, 3));
  expect([...other.consoleChannels.get(30)!.takeOutput(10)]).toEqual([1, 2, 3]);
  expect(other.consoleChannels.get(29)!.outputAvailable).toBe(0);
});

test('a message of a device becomes an LPI; what its tables say is in RAM, and reported', () => {
  const written: (readonly [number, number])[] = [];
  const parameters: BoardParameters = {
    cpus: 2, ramBytes: 8 << 20, el2: false, el3: false, its: true, flash: [undefined, undefined], fwCfgItems: [], epoch: 0, deterministic: false,
    virtio: [],
  };
  const pages = Math.ceil(boardLayout(parameters).totalBytes / 65536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: 65536, shared: true });
  const board = new Board(memory, parameters, { memoryWritten: (offset, length) => written.push([offset, length]) });
  board.reset();
  const { gicDistributor, gicRedistributors, gicIts, ram } = VirtMemoryMap;
  const register = (address: number, value: number): void => {
    expect(board.bus.write(address, 4, value >>> 0)).toBe(true);
  };
  const [properties, pending, queue, devices, collections, itt] = [0, 1, 2, 3, 4, 5].map((n) => ram.base + 0x1_0000 * n);
  register(gicDistributor.base, 2);
  register(gicRedistributors.base + 0x2_0070, properties | 15);
  register(gicRedistributors.base + 0x2_0078, pending);
  register(gicRedistributors.base + 0x2_0000, 1);
  register(gicIts.base + 0x80, queue);
  register(gicIts.base + 0x84, 1 << 31);
  register(gicIts.base + 0x100, devices);
  register(gicIts.base + 0x104, 1 << 31);
  register(gicIts.base + 0x108, collections);
  register(gicIts.base + 0x10c, 1 << 31);
  const word = (address: number, value: number): void => board.write(address, new Uint8Array(Int32Array.of(value).buffer));
  word(properties, 0xa1a1_a1a1);
  // MAPD device 8, MAPC collection 0 to PE 1, MAPTI event 1 to LPI 8193.
  [[8, 8, 3, 0, itt, 1 << 31], [9, 0, 0, 0, 1 << 16, 1 << 31], [10, 8, 1, 8193, 0, 0]].forEach((command, n) =>
    command.forEach((value, i) => word(queue + 32 * n + 4 * i, value)));
  register(gicIts.base, 1);
  register(gicIts.base + 0x88, 96);
  expect(board.bus.read(gicIts.base + 0x90, 4)).toBe(96);
  const pe = board.gic.cpuInterface(1, { el: 1, scrEl3: 0, hcrEl2: 0 });
  pe.write('ICC_PMR_EL1', 0xffn);
  pe.write('ICC_IGRPEN1_EL1', 1n);
  board.messages!.send(8, 1);
  const lines = (cpu: number): number =>
    new Int32Array(memory.buffer)[(board.vcpuBase(cpu) + controlFieldOffset.interruptLines) >> 2];
  expect([lines(0), lines(1)]).toEqual([0, 1]);
  expect(pe.readIar1()).toBe(8193);
  expect(lines(1)).toBe(0);
  const at = (address: number): number => address - ram.base;
  expect(written).toEqual([
    [at(devices) + 64, 8], [at(collections), 8], [at(itt) + 12, 12], [at(pending) + 1024, 1], [at(pending) + 1024, 1],
  ]);
  // What a PE writes there is device 0's.
  expect(MESSAGE_ADDRESS).toBe(0x0809_0040);
  register(MESSAGE_ADDRESS, 1);
  expect(lines(1)).toBe(0);
  const other = new Board(memory, { ...parameters, its: false });
  expect([other.messages, other.bus.find(MESSAGE_ADDRESS)]).toEqual([undefined, undefined]);
});

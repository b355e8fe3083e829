/**
 * The whole board as guests reach it: accesses of any size in every device's range from any PE, the interrupt
 * controller's system registers, and the hosted side at work between them.
 */
import { SeededEntropy } from '../../../devices/backends/entropy-source.js';
import { MemoryImage } from '../../../devices/backends/memory-image.js';
import type { MmioBus } from '../../../devices/bus/mmio-bus.js';
import type { CpuInterface } from '../../../devices/gic/cpu-interface.js';
import { BlockDevice } from '../../../devices/virtio/block.js';
import { ConsoleDevice } from '../../../devices/virtio/console.js';
import { EntropyDevice } from '../../../devices/virtio/entropy.js';
import { VirtioService } from '../../../devices/virtio/service.js';
import { controlFieldOffset } from '../../../runtime/layout/vcpu-layout.js';
import { Board } from '../../../src/machine/board.js';
import { boardLayout, type BoardParameters } from '../../../src/machine/board-parameters.js';
import { Input } from '../input.js';
import { check } from '../outcome.js';

const CPUS = 2;
const OPERATIONS = 96;
const RAM_BYTES = 8 << 20;
const DISK_BYTES = 8 * 512;
const Slot = { disk: 0, console: 1, entropy: 31 } as const;
/** Bits of a PE's interrupt lines that the interrupt controller drives. */
const LINES = 0x3f;

const GROUPED = ['ICC_IAR', 'ICC_EOIR', 'ICC_HPPIR', 'ICC_BPR', 'ICC_IGRPEN'];
const REGISTERS = [
  ...GROUPED.flatMap((name) => [`${name}0_EL1`, `${name}1_EL1`]), 'ICC_AP0R0_EL1', 'ICC_AP1R0_EL1', 'ICC_PMR_EL1',
  'ICC_CTLR_EL1', 'ICC_RPR_EL1', 'ICC_DIR_EL1', 'ICC_SRE_EL1', 'ICC_SRE_EL2', 'ICC_SRE_EL3', 'ICC_CTLR_EL3',
  'ICC_IGRPEN1_EL3', 'ICC_SGI0R_EL1', 'ICC_SGI1R_EL1', 'ICC_ASGI1R_EL1', 'ICH_HCR_EL2', 'ICH_VTR_EL2', 'ICH_MISR_EL2',
  'ICH_EISR_EL2', 'ICH_ELRSR_EL2', 'ICH_VMCR_EL2', 'ICH_AP0R0_EL2', 'ICH_AP1R0_EL2', 'ICH_LR0_EL2', 'ICH_LR1_EL2',
  'ICH_LR3_EL2', 'ICH_LR15_EL2',
];
/** Values that are more than a number to some register: INTIDs, all ones, affinities, priorities. */
const VALUES = [0, 1, 0xffff_ffff, 27, 33, 48, 1023, 1020, 0xa0a0_a0a0, 0x8000_0000, 0x0100_0000, 0xf0];

class Rig {
  readonly board: Board;
  readonly interfaces: CpuInterface[];
  private readonly context = { el: 1, scrEl3: 0, hcrEl2: 0 };
  private readonly buses: MmioBus[];
  private readonly services = new Map<number, VirtioService>();
  private readonly words: Int32Array;

  constructor(el3: boolean) {
    const parameters: BoardParameters = {
      cpus: CPUS, ramBytes: RAM_BYTES, el2: true, el3, its: true, epoch: 0, deterministic: false, flash: [undefined, { readOnly: true }],
      fwCfgItems: [{ key: 0x15, bytes: Uint8Array.of(1, 2, 3) }],
      virtio: Array.from({ length: 32 }, (_, slot) => {
        if (slot === Slot.disk) return { kind: 'block', disk: { bytes: DISK_BYTES, readOnly: false } } as const;
        if (slot === Slot.console) return { kind: 'console' } as const;
        return slot === Slot.entropy ? { kind: 'entropy' } as const : undefined;
      }),
    };
    const initial = Math.ceil(boardLayout(parameters).totalBytes / 65536);
    const memory = new WebAssembly.Memory({ initial, maximum: 65536, shared: true });
    const board = (this.board = new Board(memory, parameters));
    this.words = new Int32Array(memory.buffer);
    this.buses = el3 ? [board.bus, board['secureBus']] : [board.bus];
    this.interfaces = Array.from({ length: CPUS }, (_, cpu) => board.gic.cpuInterface(cpu, this.context));
    const { transports } = board;
    const console = new ConsoleDevice(transports[Slot.console], board.consoleChannels.get(Slot.console)!);
    const image = new MemoryImage(new Uint8Array(DISK_BYTES));
    for (const [slot, handler] of [
      [Slot.disk, new BlockDevice(transports[Slot.disk], image)], [Slot.console, console],
      [Slot.entropy, new EntropyDevice(new SeededEntropy(1))],
    ] as const) this.services.set(slot, new VirtioService(transports[slot], board.guestMemory, handler));
    console.connect((queue) => this.services.get(Slot.console)?.poke(queue));
  }

  start(): void {
    this.serve(new Uint8Array(0));
    this.board.reset();
    Object.assign(this.context, { el: 1, scrEl3: 0, hcrEl2: 0 });
  }

  /** The state a PE is in when it accesses a register of its interface. */
  private enter(shape: number): void {
    this.context.el = 1 + (shape % 3);
    this.context.scrEl3 = ((shape & 4) >> 2) | ((shape & 8) >> 1) | ((shape & 16) >> 3) | ((shape & 32) << 13);
    this.context.hcrEl2 = (shape & 0xc0) >> 3;
  }

  register(input: Input): void {
    this.enter(input.u8());
    const pe = this.interfaces[input.u8() % CPUS];
    pe.contextChanged();
    const name = input.pick(REGISTERS);
    const kind = input.u8();
    if (kind < 96) {
      const value = pe.read(name);
      check(value >= 0n && value < 1n << 64n, () => `${name} reads as ${value}`);
      return;
    }
    pe.write(name, kind < 200 ? BigInt(input.pick(VALUES)) : input.u64());
    pe.trap(name);
  }

  access(input: Input): void {
    const bus = input.pick(this.buses);
    const mapping = input.pick(bus.list());
    const kind = input.u8();
    const size = ([4, 4, 4, 4, 2, 1, 1, 8] as const)[kind & 7];
    const span = Math.min(mapping.end - mapping.base, 0x4_0000);
    const offset = (kind & 8) === 0 ? input.below(span) & ~3 : input.below(span);
    const address = mapping.base + offset;
    if (size === 8) {
      if (kind < 96) bus.read64(address);
      else bus.write64(address, input.u32(), input.u32());
      return;
    }
    if (kind >= 96) {
      bus.write(address, size, kind < 160 ? input.pick(VALUES) : input.u32());
      return;
    }
    const value = bus.read(address, size);
    check(value >= -1 && value < 2 ** (8 * size), () => `${mapping.device.name} +0x${offset.toString(16)}: ${value}`);
  }

  /** The hosted side: takes output, so that no writer waits; gives input; serves queues and deadlines. */
  serve(bytes: Uint8Array): void {
    const { board } = this;
    for (const channel of [board.uartChannel, board.secureUartChannel, board.consoleChannels.get(Slot.console)]) {
      channel?.takeOutput(1 << 16);
      channel?.putInput(bytes);
    }
    board.uart.channelChanged();
    board.secureUart?.channelChanged();
    board.doorbell.take((index) => void this.services.get(index)?.service());
    for (const device of [board.rtc, board.powerKey]) device.expire();
  }

  settle(what: string): void {
    for (let cpu = 0; cpu < CPUS; cpu++) {
      const lines = this.words[(this.board.vcpuBase(cpu) + controlFieldOffset.interruptLines) >> 2];
      check((lines & ~LINES) === 0, () => `interrupt lines ${lines} after ${what}`);
    }
  }
}

const rigs = [new Rig(false), new Rig(true)];

export function fuzz(data: Buffer): void {
  const input = new Input(data);
  const rig = rigs[input.lastU8() & 1];
  rig.start();
  for (let n = 0; n < OPERATIONS && input.left > 0; n++) {
    const kind = input.u8();
    if (kind < 176) rig.access(input);
    else if (kind < 240) rig.register(input);
    else if (kind < 248) rig.board.powerKey.press();
    else rig.serve(input.bytes(kind & 7));
    rig.settle(`operation ${n}`);
  }
  rig.serve(new Uint8Array(0));
}

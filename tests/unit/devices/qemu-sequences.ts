/** One access by the guest: `r` reads and is compared, `w` writes. Width in bytes, offset from the device's base. */
export type Step = readonly ['r', 1 | 2 | 4 | 8, number] | readonly ['w', 1 | 2 | 4, number, number];

/** A device of the virt board and what is done to it after power-on. */
export interface Sequence {
  readonly name: string;
  readonly device: 'pl011' | 'pl031' | 'pl061' | 'flash' | 'fw-cfg' | 'virtio-empty' | 'virtio-blk' | 'virtio-rng';
  readonly steps: readonly Step[];
}

const words = (first: number, last: number): Step[] =>
  Array.from({ length: (last - first) / 4 + 1 }, (_, i): Step => ['r', 4, first + 4 * i]);
const bytesOf = (count: number, at: number): Step[] => Array.from({ length: count }, (): Step => ['r', 1, at]);

const flashQuery = (width: 1 | 2 | 4): Step[] => [
  ['w', 4, 0, 0x00980098],
  ...Array.from({ length: 0x60 }, (_, i): Step => ['r', width, i * 4]),
  ['w', 4, 0, 0x00ff00ff],
];

const virtioStart: Step[] = [
  ['w', 4, 0x70, 0],
  ['r', 4, 0x70],
  ['w', 4, 0x70, 1],
  ['w', 4, 0x70, 3],
  ['r', 4, 0x70],
  ['w', 4, 0x14, 0],
  ['w', 4, 0x24, 0],
  ['w', 4, 0x20, 0],
  ['w', 4, 0x24, 1],
  ['w', 4, 0x20, 1],
  ['w', 4, 0x70, 0xb],
  ['r', 4, 0x70],
  ['w', 4, 0x30, 0],
  ['r', 4, 0x34],
  ['r', 4, 0x44],
  ['w', 4, 0x38, 8],
  ['w', 4, 0x80, 0x40010000],
  ['w', 4, 0x84, 0],
  ['w', 4, 0x90, 0x40011000],
  ['w', 4, 0x94, 0],
  ['w', 4, 0xa0, 0x40012000],
  ['w', 4, 0xa4, 0],
  ['w', 4, 0x44, 1],
  ['r', 4, 0x44],
  ['r', 4, 0x80],
  ['w', 4, 0x70, 0xf],
  ['r', 4, 0x70],
  ['r', 4, 0x60],
  ['w', 4, 0x30, 100],
  ['r', 4, 0x34],
  ['r', 4, 0x44],
  ['w', 4, 0x70, 0],
  ['w', 4, 0x30, 0],
  ['r', 4, 0x44],
  ['r', 4, 0x70],
];

/**
 * What is left out because QEMU departs from the specification there: SHMBase of an absent region (QEMU 0), feature
 * words above 1 (QEMU repeats word 1), a PL061 pin that turns from output to input (QEMU keeps the level), flash status
 * after CLEAR STATUS (QEMU loses the ready bit).
 */
export const SEQUENCES: readonly Sequence[] = [
  { name: 'PL011 at reset', device: 'pl011', steps: [...words(0x04, 0x48), ...words(0xfe0, 0xffc)] },
  {
    name: 'PL011 line settings',
    device: 'pl011',
    steps: [
      ['w', 4, 0x24, 13], ['w', 4, 0x28, 1], ['w', 4, 0x2c, 0x70], ['w', 4, 0x34, 0x09], ['w', 4, 0x30, 0x301],
      ['w', 4, 0x38, 0x50], ['w', 4, 0x48, 7 & 0], ...words(0x18, 0x48),
    ],
  },
  {
    name: 'PL011 transmit interrupt',
    device: 'pl011',
    steps: [
      ['w', 4, 0x2c, 0x70], ['w', 4, 0x30, 0x301], ['r', 4, 0x3c], ['w', 4, 0x38, 0x20], ['r', 4, 0x40],
      ['w', 1, 0, 65], ['r', 4, 0x18], ['r', 4, 0x3c], ['r', 4, 0x40], ['w', 4, 0x44, 0x20],
      ['r', 4, 0x3c], ['w', 2, 0, 66],
      ['r', 4, 0x40], ['w', 4, 0x44, 0x7ff], ['r', 4, 0x40], ['r', 4, 0x18],
    ],
  },
  { name: 'PL031 at reset', device: 'pl031', steps: [...words(0x00, 0x1c), ...words(0xfe0, 0xffc)] },
  {
    name: 'PL031 set and match',
    device: 'pl031',
    steps: [
      ['w', 4, 0x08, 1000], ['r', 4, 0x00], ['r', 4, 0x08], ['w', 4, 0x10, 1], ['r', 4, 0x18], ['w', 4, 0x04, 1000],
      ['r', 4, 0x14], ['r', 4, 0x18], ['w', 4, 0x1c, 1], ['r', 4, 0x14], ['w', 4, 0x04, 2000], ['r', 4, 0x14],
      ['r', 4, 0x04], ['w', 4, 0x08, 2000], ['r', 4, 0x14], ['w', 4, 0x10, 0], ['r', 4, 0x18], ['w', 4, 0x0c, 0],
      ['r', 4, 0x0c],
    ],
  },
  { name: 'PL061 at reset', device: 'pl061', steps: [['r', 4, 0x3fc], ...words(0x400, 0x420), ...words(0xfd0, 0xffc)] },
  {
    name: 'PL061 outputs and masks',
    device: 'pl061',
    steps: [
      ['w', 4, 0x400, 0xf0], ['w', 4, 0x3fc, 0xff], ['r', 4, 0x3fc], ['w', 4, 0x040, 0x00], ['r', 4, 0x3fc],
      ['r', 4, 0x080], ['w', 4, 0x420, 0x5a], ['r', 4, 0x420],
    ],
  },
  {
    name: 'PL061 level interrupts',
    device: 'pl061',
    steps: [
      ['w', 4, 0x404, 0x03], ['w', 4, 0x410, 0x01], ['r', 4, 0x414], ['r', 4, 0x418], ['w', 4, 0x40c, 0x03],
      ['w', 4, 0x41c, 0xff], ['r', 4, 0x414], ['r', 4, 0x418], ['w', 4, 0x408, 0x55], ['r', 4, 0x408], ['r', 4, 0x404],
    ],
  },
  { name: 'CFI query, 32-bit reads', device: 'flash', steps: flashQuery(4) },
  { name: 'CFI query, 16-bit reads', device: 'flash', steps: flashQuery(2) },
  { name: 'CFI query, 8-bit reads', device: 'flash', steps: flashQuery(1) },
  {
    name: 'flash identifiers',
    device: 'flash',
    steps: [
      ['w', 4, 0, 0x00900090], ...words(0, 0x20), ['r', 2, 0], ['r', 1, 4], ['r', 4, 0x40000], ['r', 4, 0x40004],
      ['w', 4, 0, 0x00f000f0], ['r', 4, 0],
    ],
  },
  {
    name: 'flash erase and program',
    device: 'flash',
    steps: [
      ['w', 4, 0, 0x00700070], ['r', 4, 0], ['w', 4, 0, 0x00ff00ff],
      ['w', 4, 0x80000, 0x00200020], ['w', 4, 0x80000, 0x00d000d0], ['r', 4, 0x80000], ['w', 4, 0x80000, 0x00ff00ff],
      ['r', 4, 0x80000], ['r', 4, 0xbfffc],
      ['w', 4, 0x80010, 0x00400040], ['w', 4, 0x80010, 0x12345678], ['r', 4, 0x80010], ['r', 2, 0x80010],
      ['w', 4, 0x80000, 0x00ff00ff], ['r', 4, 0x80010], ['r', 8, 0x8000c], ['r', 2, 0x80012],
      ['w', 4, 0x80100, 0x00e800e8], ['r', 4, 0x80100], ['w', 4, 0x80100, 0x00030003], ['w', 4, 0x80100, 0x11111111],
      ['w', 4, 0x80104, 0x22222222], ['w', 4, 0x80108, 0x33333333], ['w', 4, 0x8010c, 0x44444444],
      ['w', 4, 0x80100, 0x00d000d0], ['r', 4, 0x80100], ['w', 4, 0x80100, 0x00ff00ff], ...words(0x80100, 0x80110),
      ['w', 4, 0x80000, 0x00600060], ['w', 4, 0x80000, 0x00d000d0], ['r', 4, 0x80000], ['w', 4, 0x80000, 0x00ff00ff],
      ['r', 4, 0x80000],
    ],
  },
  {
    name: 'fw_cfg signature, id, absent item',
    device: 'fw-cfg',
    steps: [
      ['r', 4, 0x10], ['r', 4, 0x14], ['r', 8, 0x10], ['r', 2, 8],
      ['w', 2, 8, 0x0000], ...bytesOf(6, 0), ['w', 2, 8, 0x0000], ['r', 4, 0], ['r', 4, 0],
      ['w', 2, 8, 0x0000], ['r', 8, 0], ['w', 2, 8, 0x0000], ['r', 2, 0], ['r', 1, 0], ['r', 4, 0],
      ['w', 2, 8, 0x0100], ['r', 4, 0], ['w', 2, 8, 0xff3f], ['r', 4, 0], ['w', 2, 8, 0x0080], ['r', 4, 0],
      ['w', 2, 8, 0x0040], ['r', 4, 0],
    ],
  },
  { name: 'empty virtio slot', device: 'virtio-empty', steps: [...words(0, 0x100), ['w', 4, 0x70, 1], ['r', 4, 0x70]] },
  {
    name: 'virtio-blk at reset',
    device: 'virtio-blk',
    steps: [
      ['r', 4, 0], ['r', 4, 4], ['r', 4, 8], ['r', 4, 0xc], ['r', 4, 0x34], ['r', 4, 0x60], ['r', 4, 0x70],
      ['r', 4, 0xfc],
      ['r', 4, 0xb0], ['r', 4, 0xb4], ['r', 2, 0], ['r', 1, 8], ...words(0x100, 0x134), ['r', 1, 0x138],
      ['r', 2, 0x110], ['r', 1, 0x112], ['r', 1, 0x113], ['r', 1, 0x120], ['r', 8, 0x100],
    ],
  },
  { name: 'virtio-blk start', device: 'virtio-blk', steps: virtioStart },
  {
    name: 'virtio-rng at reset',
    device: 'virtio-rng',
    steps: [
      ['r', 4, 0], ['r', 4, 4], ['r', 4, 8], ['r', 4, 0xc], ['r', 4, 0x34], ['w', 4, 0x14, 1], ['r', 4, 0x10],
    ],
  },
  { name: 'virtio-rng start', device: 'virtio-rng', steps: virtioStart },
];

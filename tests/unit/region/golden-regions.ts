/** Regions whose translations are kept as text (goldens/). The words were assembled; each golden begins with their disassembly. */
export interface GoldenRegion {
  readonly name: string;
  /** What the golden shows. */
  readonly shows: string;
  /** From the start of a page, where the region is entered. */
  readonly words: readonly number[];
  /** Translated for a host with fused multiply-add. */
  readonly hostFused?: true;
  /** Translated for a machine with several vCPUs. */
  readonly severalVcpus?: true;
}

export const goldenRegions: readonly GoldenRegion[] = [
  {
    name: 'arithmetic', shows: '64-bit and 32-bit results',
    words: [
      0x8b020020, 0x4b050083, 0xca031c06, 0x1b067c07, 0x9bc67c08, 0x9b061c09, 0x9ac1092a, 0xd65f03c0,
    ],
  },
  {
    name: 'bitfields', shows: 'shifts, masks and bit counts',
    words: [
      0xd3453420, 0x131d0c02, 0xb3781c03, 0x93c23464, 0x5ac00085, 0xdac010a6, 0xdac00cc7, 0xd65f03c0,
    ],
  },
  {
    name: 'constants', shows: 'moves and addresses of the page',
    words: [
      0xd2824680, 0xf2cacf00, 0x12800121, 0x10000042, 0x90000003, 0xb2089fe4, 0xd65f03c0,
    ],
  },
  {
    name: 'loop-compare', shows: 'flags that only the branch of a loop reads',
    words: [0x8b010000, 0xf1000442, 0x54ffffc1, 0xd65f03c0],
  },
  {
    name: 'loop-flags-at-exit', shows: 'flags that are live where the region ends',
    words: [0xab010000, 0x71000442, 0x54ffffcc, 0xd65f03c0],
  },
  {
    name: 'carry-chain', shows: 'flags through three instructions',
    words: [0xab040000, 0xba050021, 0xba060042, 0x9a070063, 0xd65f03c0],
  },
  {
    name: 'conditional-compare', shows: 'CCMP and selects',
    words: [0xf100101f, 0xfa471824, 0x9a84b062, 0x1a9f97e5, 0x9a8614c6, 0xd65f03c0],
  },
  {
    name: 'test-and-branch', shows: 'TBZ, CBNZ and a merge',
    words: [
      0x36180060, 0x91000421, 0x14000003, 0x35000042, 0xd1000821, 0x8b010023, 0xd65f03c0,
    ],
  },
  {
    name: 'load-same-base', shows: 'one probe for three accesses',
    words: [0xf9400001, 0xf9400402, 0xf9000801, 0xd65f03c0],
  },
  {
    name: 'load-kinds', shows: 'sizes and extensions',
    words: [0x39400001, 0x79800402, 0xb9800403, 0xb8657804, 0xf867d806, 0xd65f03c0],
  },
  {
    name: 'write-back', shows: 'pre- and post-index',
    words: [0xf8408401, 0xf81f0c41, 0xa8c110a3, 0x29bf10c3, 0xd65f03c0],
  },
  {
    name: 'copy-loop', shows: 'pages kept over the back edge',
    words: [0xa8c11023, 0xa8811003, 0xf1004042, 0x54ffffa8, 0xd65f03c0],
  },
  {
    name: 'string-length', shows: 'an exit in the middle of a loop',
    words: [
      0xaa0003e1, 0x39400022, 0x34000062, 0x91000421, 0x17fffffd, 0xcb000020, 0xd65f03c0,
    ],
  },
  {
    name: 'stack-frame', shows: 'prologue and epilogue',
    words: [
      0xa9be7bfd, 0x910003fd, 0xf9000bf3, 0x91000413, 0xaa1303e0, 0xf9400bf3, 0xa8c27bfd, 0xd65f03c0,
    ],
  },
  {
    name: 'call', shows: 'a function of the same page',
    words: [
      0xa9bf7bfd, 0x94000004, 0x91000400, 0xa8c17bfd, 0xd65f03c0, 0xd37ff800, 0xd65f03c0,
    ],
  },
  {
    name: 'recursion', shows: 'fib',
    words: [
      0xf100081f, 0x5400018b, 0xa9be7bfd, 0xf9000be0, 0xd1000400, 0x97fffffb, 0xf9400be1, 0xf9000be0, 0xd1000820,
      0x97fffff7, 0xf9400be1, 0x8b010000, 0xa8c27bfd, 0xd65f03c0,
    ],
  },
  {
    name: 'indirect-call', shows: 'BLR, and BR as a tail call',
    words: [0xf9400001, 0xf9400421, 0xa9bf7bfd, 0xd63f0020, 0xa8c17bfd, 0xd61f0040],
  },
  {
    name: 'jump-table', shows: 'BR by a loaded offset',
    words: [0x10000081, 0xb8a05822, 0x8b020021, 0xd61f0020, 0x00000010, 0x00000014],
  },
  {
    name: 'nested-loops', shows: 'two loops, the inner one with a conditional',
    words: [
      0xaa0403e3, 0xb8404465, 0x6b0600bf, 0x5400004d, 0x2a0503e6, 0xeb07007f, 0x54ffff61, 0xf1000508, 0x54ffff01,
      0xd65f03c0,
    ],
  },
  {
    name: 'two-entries', shows: 'a loop entered in the middle',
    words: [0xb4000040, 0x91000421, 0xd1000442, 0xb5ffffc2, 0xd65f03c0],
  },
  {
    name: 'irreducible', shows: 'two places of a loop are entered from outside',
    words: [0xb4000060, 0x91000421, 0xb4000061, 0xd1000442, 0xb5ffffa2, 0xd65f03c0],
  },
  {
    name: 'system-call', shows: 'what the interpreter does',
    words: [
      0xd2800808, 0xd4000001, 0xf100001f, 0x5400004b, 0xd65f03c0, 0xcb0003e0, 0xd65f03c0,
    ],
  },
  {
    name: 'system-registers', shows: 'those that are plain words, and NZCV',
    words: [
      0xd53bd040, 0x91004000, 0xd51bd040, 0xd53b4201, 0xd51b4202, 0x54000020, 0xd65f03c0,
    ],
  },
  { name: 'barriers', shows: 'DMB is a fence, ISB leaves', words: [0xd5033bbf, 0xf9000020, 0xd5033fdf, 0xd65f03c0] },
  {
    name: 'exclusives', shows: 'a lock, by the function forms',
    words: [0x885ffc20, 0x35ffffe0, 0x88027c23, 0x35ffffa2, 0xd65f03c0],
  },
  { name: 'atomics', shows: 'LSE', words: [0xf8200041, 0xb8e38044, 0xc8a57c46, 0xd65f03c0] },
  { name: 'zero', shows: 'DC ZVA in a loop', words: [0xd50b7420, 0x91010000, 0xeb01001f, 0x54ffffa3, 0xd65f03c0] },
  {
    name: 'float-scalar', shows: 'arithmetic and a comparison',
    words: [0x1e620820, 0x1e632800, 0x1e642000, 0x5400004c, 0x1e653800, 0xd65f03c0],
  },
  {
    name: 'float-fused', shows: 'FMADD in a loop',
    words: [0xfc408401, 0xfc408422, 0x1f420020, 0xf1000442, 0x54ffff81, 0xd65f03c0],
  },
  {
    name: 'float-host-fused', shows: 'the same by the host, and a vector of two', hostFused: true,
    words: [0xfc408401, 0xfc408422, 0x1f420020, 0xf1000442, 0x54ffff81, 0x0e23cc44, 0xd65f03c0],
  },
  {
    name: 'float-conversions', shows: 'to and from integers',
    words: [0x9e620000, 0x1e780001, 0x1e624002, 0x9e660003, 0xd65f03c0],
  },
  {
    name: 'vector-integer', shows: 'adds, compares and a reduction',
    words: [
      0x3cc10400, 0x4ea08421, 0x4ea33402, 0x4e621c21, 0xf1000421, 0x54ffff61, 0x4eb1b824, 0xd65f03c0,
    ],
  },
  {
    name: 'vector-float', shows: 'a lane-wise multiply-add',
    words: [0x4cdfa800, 0x4f811802, 0x6e21dc03, 0x4c007822, 0xd65f03c0],
  },
  {
    name: 'vector-permute', shows: 'table, zip and extract',
    words: [0x4e020020, 0x4e413803, 0x6e002864, 0x0e073c80, 0xd65f03c0],
  },
  { name: 'crypto', shows: 'AES and CRC32', words: [0x4e284820, 0x4e286800, 0x9ac15c00, 0xd65f03c0] },
  {
    name: 'pointer-authentication', shows: 'PACIASP and AUTIASP',
    words: [0xd503233f, 0xa9bf7bfd, 0xa8c17bfd, 0xd50323bf, 0xd65f03c0],
  },
  { name: 'undefined', shows: 'a word of no instruction', words: [0x91000400, 0x00000000] },
  { name: 'idle', shows: 'a loop that waits', words: [0xb9400020, 0xd503203f, 0x34ffffc0, 0xd65f03c0] },
  {
    name: 'loop-of-several-vcpus', shows: 'a loop that another vCPU may want to end', severalVcpus: true,
    words: [0xb9400020, 0xd503203f, 0x34ffffc0, 0xd65f03c0],
  },
  { name: 'synchronization-barrier', shows: 'DSB, which completes broadcast maintenance', words: [0xd5033b9f, 0xd65f03c0] },
  {
    name: 'narrow-and-wide', shows: 'a variable that is a 32-bit result on one way only',
    words: [
      0xb4000060, 0x0b030041, 0x14000002, 0xf9400081, 0xf90000a1, 0xf94000e6, 0xd65f03c0,
    ],
  },
];

/** Inputs that a campaign begins with, made here: one of each form a target knows. Names are for messages only. */
import { gzipSync } from 'node:zlib';
import { writeCpio } from '../../guest/cpio.js';
import { encodingNamed } from '../../jit/a64/encodings/index.js';
import { DeviceTreeNode, cells, newDeviceTree, strings } from '../../src/machine/device-tree/node.js';
import { writeDeviceTree } from '../../src/machine/device-tree/flattened.js';
import { buildVirtTree } from '../../src/machine/device-tree/virt-tree.js';
import { symbolElf } from '../unit/cli/profile/symbol-elf.js';
import { arm64Image, elfImage, legacyImage, peImage, zbootImage } from '../unit/machine/helpers/images.js';
import type { TargetName } from './targets.js';

type Seeds = Readonly<Record<string, Uint8Array>>;

const RAM = 0x4000_0000;
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const words = (...values: number[]): Uint8Array => new Uint8Array(Uint32Array.from(values).buffer);

/** A file, and the bytes at the input's end that steer a target, first taken last. */
function steered(file: Uint8Array, ...steering: number[]): Uint8Array {
  return Uint8Array.from([...file, ...steering.reverse()]);
}

const CODE = words(
  0xd503201f, 0x91000421, 0xf9400041, 0x1e622820, 0x4ea28420, 0x54000040, 0xc85f7c41, 0x9bc27c20, 0xd53bd040,
  0x0e205820,
);

/** An instruction of an encoding by its place in the list, or as it is; then registers as they come. */
function execution(...instructions: number[]): Uint8Array {
  const body = [1, 0, instructions.length - 1, ...instructions.flatMap((word) => [0, ...words(word)])];
  const state = Array.from({ length: 17 + 32 + 64 }, (_, i) => (i * 37) & 255);
  return Uint8Array.from([...body, ...state]);
}

/** One Zstandard frame (RFC 8878): a raw block, and one of a repeated byte. */
const ZSTD = Uint8Array.from([
  0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58, 0x18, 0x00, 0x00, 0x61, 0x62, 0x63, 0x43, 0x00, 0x00, 0x7a,
]);
/** One made by the reference implementation's rules: Huffman literals and sequences. */
const ZSTD_COMPRESSED = Uint8Array.from([
  0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58, 0x65, 0x00, 0x00, 0x10, 0x61, 0x62, 0x01, 0x00, 0xfc, 0x2f, 0x02, 0x04,
]);

function kernels(): Seeds {
  const image = arm64Image({ length: 128 });
  const elf = elfImage(RAM + 0x8_0000, [
    { virtual: RAM + 0x8_0000, physical: RAM + 0x8_0000, bytes: CODE, memorySize: 4096 },
    { virtual: 0, physical: RAM + 0x10_0000, bytes: CODE },
  ]);
  return {
    image: steered(image, 0, 0x90),
    'image-initrd': steered(image, 0x40, 0x20),
    'old-image': steered(arm64Image({ length: 128, imageSize: 0 }), 0, 0x12),
    'image-gz': steered(image, 1, 0x11),
    'image-zboot': steered(image, 2, 0x21),
    'image-damaged-gz': steered(image, 3, 0x20),
    pe: steered(peImage(64), 0, 0x10),
    zboot: steered(zbootImage('gzip', gzipSync(image)), 0, 0x10),
    'zboot-zstd': steered(zbootImage('zstd', ZSTD), 0, 0x10),
    elf: steered(elf, 0, 0x20),
    'elf-firmware': steered(elf, 0x80, 0x23),
    legacy: steered(legacyImage({ type: 2, load: RAM + 0x8_0000, entry: RAM + 0x8_0000 }, CODE), 0, 0x20),
    'legacy-noload-gz': steered(legacyImage({ type: 14, compression: 1 }, gzipSync(CODE)), 0, 0x20),
    flat: steered(CODE, 0, 0x10),
  };
}

function loaders(): Seeds {
  const hex = [
    ':020000040800F2', ':10010000214601360121470136007EFE09D2190140', ':0400000508000000EF', ':00000001FF', '',
  ].join('\n');
  return {
    elf: steered(elfImage(RAM, [{ virtual: RAM, physical: RAM, bytes: CODE }]), 0x20, 0x20),
    'elf-flash': steered(elfImage(0, [{ virtual: 0, physical: 0, bytes: CODE }], 40), 0, 0x23),
    hex: steered(text(hex), 0x2b, 0x20),
    'hex-parsed': steered(text(hex), 2, 0x22),
    legacy: steered(legacyImage({ type: 5, load: RAM + 0x2000 }, CODE), 0x20, 0x10),
    raw: steered(CODE, 0x3c, 0x20),
    secure: steered(CODE, 0x15, 0x22),
  };
}

function trees(): Seeds {
  const small = newDeviceTree();
  small.root.set('#address-cells', cells(2)).set('#size-cells', cells(2));
  small.root.set('compatible', strings('linux,dummy-virt'));
  small.root.add('memory@40000000').set('device_type', strings('memory')).set('reg', cells(0, RAM, 0, 0x100_0000));
  const chosen = small.root.add('chosen');
  chosen.set('kaslr-seed', cells(1, 2)).set('rng-seed', new Uint8Array(32)).set('bootargs', strings('quiet'));
  const deep = { root: new DeviceTreeNode(''), reservations: [{ address: 4096n, size: 64n }], bootCpu: 1 };
  deep.root.set('#address-cells', cells(1)).set('#size-cells', cells(1));
  let node = deep.root;
  for (let depth = 0; depth < 8; depth++) node = node.add(`n${depth}`).set('p', cells(depth));
  const board = buildVirtTree({ cpuCount: 1, cpuModel: 'max', levels: { el2: false, el3: true }, psciEnable: true });
  return {
    small: steered(writeDeviceTree(small), 0x60),
    deep: steered(writeDeviceTree(deep), 0x11),
    board: steered(writeDeviceTree(board), 0x22),
  };
}

function archives(): Seeds {
  const archive = writeCpio([
    { path: 'dev', kind: 'directory', mode: 0o755 },
    { path: 'dev/null', kind: 'character', mode: 0o666, major: 1, minor: 3 },
    { path: 'bin/sh', kind: 'link', target: 'busybox' },
    { path: 'init', kind: 'file', mode: 0o755, content: text('#!/bin/sh\n') },
  ]);
  return {
    archive: steered(archive, 0),
    initrd: steered(archive, 1, 0x20),
    legacy: steered(legacyImage({ type: 3 }, archive), 1, 0x20),
  };
}

/** Operations of a target that takes them from the front; see each target's `operation`. */
const virtqueue = (rig: number): Uint8Array => steered(Uint8Array.from([
  0, 0x1b, 7, 0, 0, 0, 1, 0x00, 40, 1, 1, 1, 0x02, 51, 3, 2, 1, 0x04, 57, 2, 0, 5, 0, 13, 6, 1, 0x8d,
  12, 4, 5, 1, 2, 3, 4, 5, 0, 13, 9, 10, 1, 0, 0, 0, 13,
]), rig);

function module(): Uint8Array {
  const info = text('depends=virtio,virtio_ring\0softdep=pre: crc32c\0name=virtio_blk\0');
  const names = text('\0.modinfo\0.shstrtab\0');
  const bytes = new Uint8Array(64 + 3 * 64 + info.length + names.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setBigUint64(0x28, 64n, true);
  view.setUint16(0x3a, 64, true);
  view.setUint16(0x3c, 3, true);
  view.setUint16(0x3e, 2, true);
  const section = (index: number, name: number, at: number, content: Uint8Array): void => {
    view.setUint32(64 + 64 * index, name, true);
    view.setBigUint64(64 + 64 * index + 0x18, BigInt(at), true);
    view.setBigUint64(64 + 64 * index + 0x20, BigInt(content.length), true);
    bytes.set(content, at);
  };
  section(1, 1, 256, info);
  section(2, 10, 256 + info.length, names);
  return bytes;
}

function debian(): Seeds {
  const index = text([
    'Package: linux-image-cloud-arm64', 'Version: 6.12.1-1',
    'Depends: linux-image-6.12.1+deb13-cloud-arm64 (= 6.12.1-1)',
    `SHA256: ${'0'.repeat(64)}`, 'Description: kernel', ' more of it', '', 'Package: busybox', 'Version: 1',
    'SHA256: ../../../../..', '',
  ].join('\n'));
  const deb822 = text([
    'Types: deb', 'URIs: http://example.org/debian', 'Suites: trixie', 'Components: main', 'Signed-By: /k.gpg', '',
  ].join('\n'));
  return {
    index: steered(index, 0),
    deb822: steered(deb822, 1),
    list: steered(text('deb [signed-by=/k.gpg arch=arm64] http://example.org/debian trixie main # all\n'), 1),
    module: steered(module(), 2),
  };
}

function options(): Seeds {
  const lines = [
    'file=a,format=raw,if=none,id=d0,serial=s', 'unix:/tmp/s,server=on,wait=off', 'tcp:[::1]:5000,nodelay=off',
    'file:log,append=on', 'virtio-blk-device,drive=d0', 'loader,addr=0x40000000,data=0x1,data-len=4,data-be=on',
    'max,pauth-impdef=off,lpa2=off', 'virt,secure=on,virtualization=on,gic-version=3', '1.5G',
  ];
  const parsers = [0, 1, 1, 1, 2, 3, 4, 5, 6];
  const each = lines.map((line, i) => [`text-${i}`, steered(text(line), parsers[i])] as const);
  // The first letter's code modulo the number of options chooses the option.
  const machine = [
    '\x01stdio', '\x05Image', '\x07quiet', '\x0ccortex-a57', '\x0e64M', '\x00file=a,format=raw',
  ];
  return { ...Object.fromEntries(each), machine: steered(text(machine.join('\n')), 0x80) };
}

function symbolFiles(): Seeds {
  const elf = symbolElf([
    { name: '', value: 0n, section: 0, type: 0 }, { name: 'main', value: 0x40_0000n, size: 16n },
    { name: '$x', value: 0x40_0000n, type: 0 }, { name: 'label', value: 0x40_0010n, type: 0 },
  ]);
  const lines = ['ffff800080010000 T _text', 'ffff800080010800 t vectors', 'ffff80007a001000 t init\t[virtio_blk]', ' U x', ''];
  return {
    elf: steered(elf, 0x40, 16), dynamic: steered(symbolElf([{ name: 'f', value: 8n }], { table: 11, type: 3 }), 1, 3),
    text: steered(text(lines.join('\n')), 0x81, 24),
  };
}

function seeds(name: TargetName): Seeds {
  switch (name) {
    case 'decode':
      return { words: steered(CODE, 0), last: steered(CODE.slice(0, 8), 0xff) };
    case 'execute': {
      const add = encodingNamed('ADD_imm').value;
      return {
        add: execution((add | 0x91000421) >>> 0), loads: execution(0xf9400041, 0xf9000443, 0xa9400c22),
        vectors: execution(0x4ea28420, 0x6e22d420, 0x0e205820), flags: execution(0xeb02003f, 0x9a820420, 0x54000040),
        exclusive: execution(0xc85f7c41, 0xc8037c41, 0xd503201f),
      };
    }
    case 'kernel': return kernels();
    case 'loader': return loaders();
    case 'compression':
      return {
        zstd: steered(ZSTD, 0), 'zstd-compressed': steered(ZSTD_COMPRESSED, 0),
        gzip: steered(gzipSync(text('kernel'.repeat(9))), 1), text: steered(text('abcabcabc'), 0xe1),
      };
    case 'device-tree': return trees();
    case 'initrd': return archives();
    case 'virtqueue':
      return Object.fromEntries(Array.from({ length: 8 }, (_, rig) => [`rig-${rig}`, virtqueue(rig)]));
    case 'fw-cfg': {
      const read = [0, 1, 0x22, 0, 40, 0, 0x40, 0];
      return { dma: Uint8Array.from([...read, ...read, 130, 3, 210, 0, 210, 1, 5, 4, 5, 0x3a, 0, 9, 0, 8, 0]) };
    }
    case 'its':
      return {
        // INT and acknowledgement, then MOVI, unmapping, and a register.
        commands: Uint8Array.from([0, 1, 0, 1, 1, 0, 218, 219, 0, 0, 0, 1, 0, 1, 0, 0, 7, 128, 1, 0, 0, 0, 230, 170, 3, 5]),
        walk: Uint8Array.from({ length: 200 }, (_, i) => (i * 89 + (i >> 2)) & 255),
      };
    case 'flash':
      return {
        program: Uint8Array.from([64, 0, 5, 180, 0, 0x12, 0x34, 0x56, 0x78, 64, 0, 8, 64, 0, 10, 0, 0, 0]),
        buffered: Uint8Array.from([64, 5, 7, 180, 5, 1, 0, 1, 0, 180, 5, 1, 2, 3, 4, 180, 5, 5, 6, 7, 8, 64, 5, 10, 0]),
        file: steered(Uint8Array.from({ length: 64 }, (_, i) => i), 0x80),
      };
    case 'disk': {
      const file = [0x08, 0x10, ...new Uint8Array(64).fill(7)];
      const requests = [...file, 0, 1, 2, 10, 9, 5, 0, 40, 200, 2, 3, 1, 0, 6, 1, 8, 130];
      return { raw: steered(Uint8Array.from(requests), 2), snapshot: steered(Uint8Array.from(requests), 3) };
    }
    case 'board':
      return {
        walk: steered(Uint8Array.from({ length: 200 }, (_, i) => (i * 73 + (i >> 3)) & 255), 0),
        secure: steered(Uint8Array.from({ length: 200 }, (_, i) => (i * 151 + (i >> 2)) & 255), 1),
      };
    case 'options': return options();
    case 'symbols': return symbolFiles();
    case 'debian': return debian();
  }
}

/** A target's seeds by name. */
export function seedsOf(name: TargetName): ReadonlyMap<string, Uint8Array> {
  return new Map(Object.entries(seeds(name)));
}

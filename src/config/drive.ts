import { OptionList } from './option-list.js';

/** A disk image and what it is connected to. */
export interface DriveConfig {
  readonly file: string;
  readonly format: 'raw';
  /** `virtio`: a virtio-blk device; `pflash`: a bank of flash; `none`: for a device that names `id`. */
  readonly interface: 'virtio' | 'pflash' | 'none';
  readonly readOnly: boolean;
  /** Writes go to a temporary file and are lost at the end. */
  readonly snapshot: boolean;
  /** `writethrough`: each write is stable when it is answered. `unsafe`: the guest's flushes do nothing. */
  readonly cache: 'writeback' | 'writethrough' | 'unsafe';
  /** Whether a second machine is kept from the image. */
  readonly locking: boolean;
  /** Bank of flash, 0 or 1; place among the other virtio drives. */
  readonly unit?: number;
  readonly id?: string;
  /** Serial number the guest sees, at most 20 bytes. */
  readonly serial?: string;
}

const KEYS = [
  'file', 'format', 'if', 'readonly', 'snapshot', 'cache', 'discard', 'detect-zeroes', 'aio', 'werror', 'rerror',
  'file.locking', 'unit', 'index', 'media', 'id', 'serial',
];
const SERIAL_BYTES = 20;

/**
 * QEMU's cache modes. `none` and `directsync` go past the host's page cache there; what the guest can rely on is the
 * same as with `writeback` and `writethrough`.
 */
const CACHE = {
  writeback: 'writeback', none: 'writeback', writethrough: 'writethrough', directsync: 'writethrough', unsafe: 'unsafe',
} as const;

/**
 * `file=F,format=raw[,if=virtio|pflash|none][,readonly=on][,snapshot=on][,cache=C][,unit=N][,id=I][,serial=S]`. Of
 * QEMU's other keys, those values are taken that say what happens here anyway; the rest is refused.
 */
export function parseDrive(text: string): DriveConfig {
  const list = new OptionList(text, '--drive', KEYS);
  const file = list.string('file');
  if (file === undefined || file === '') return list.fail("needs 'file='");
  const format = list.oneOf('format', ['raw'], 'raw');
  const kind = list.oneOf('if', ['virtio', 'pflash', 'none'], 'virtio');
  list.oneOf('media', ['disk'], 'disk');
  if (/^(unmap|on)$/.test(list.string('discard') ?? '')) {
    list.fail("'discard' is ignore: what the guest discards keeps its place in the file");
  }
  list.oneOf('discard', ['ignore', 'off'], 'ignore');
  list.oneOf('detect-zeroes', ['off'], 'off');
  list.oneOf('aio', ['threads'], 'threads');
  list.oneOf('werror', ['report'], 'report');
  list.oneOf('rerror', ['report'], 'report');
  const cache = CACHE[list.oneOf('cache', Object.keys(CACHE) as (keyof typeof CACHE)[], 'writeback')];
  const locking = list.oneOf('file.locking', ['auto', 'on', 'off'], 'auto') !== 'off';
  if (list.has('unit') && list.has('index')) list.fail("'unit' and 'index' are the same here; give one");
  const unit = list.integer('unit') ?? list.integer('index');
  if (unit !== undefined && unit > (kind === 'pflash' ? 1n : 31n)) list.fail(`unit ${unit} does not exist`);
  const id = list.string('id');
  const serial = list.string('serial');
  if (serial !== undefined && new TextEncoder().encode(serial).length > SERIAL_BYTES) {
    list.fail(`'serial' has at most ${SERIAL_BYTES} bytes`);
  }
  return {
    file,
    format,
    interface: kind,
    readOnly: list.boolean('readonly', false),
    snapshot: list.boolean('snapshot', false),
    cache,
    locking,
    ...(unit === undefined ? {} : { unit: Number(unit) }),
    ...(id === undefined ? {} : { id }),
    ...(serial === undefined ? {} : { serial }),
  };
}

import { OptionList } from './option-list.js';

/** A disk image and what it is connected to. */
export interface DriveConfig {
  readonly file: string;
  readonly format: 'raw';
  /** `virtio`: a virtio-blk device; `pflash`: a bank of flash; `none`: for a device that names `id`. */
  readonly interface: 'virtio' | 'pflash' | 'none';
  readonly readOnly: boolean;
  /** Writes are kept in memory and lost at the end. */
  readonly snapshot: boolean;
  /** Bank of flash, 0 or 1; order of other drives. */
  readonly unit?: number;
  readonly id?: string;
  /** Serial number the guest sees, at most 20 bytes. */
  readonly serial?: string;
}

const KEYS = ['file', 'format', 'if', 'readonly', 'snapshot', 'unit', 'index', 'media', 'id', 'serial'];
const SERIAL_BYTES = 20;

/** `file=F,format=raw[,if=virtio|pflash|none][,readonly=on][,snapshot=on][,unit=N][,id=I][,serial=S]` */
export function parseDrive(text: string): DriveConfig {
  const list = new OptionList(text, '--drive', KEYS);
  const file = list.string('file');
  if (file === undefined || file === '') return list.fail("needs 'file='");
  const format = list.oneOf('format', ['raw'], 'raw');
  const kind = list.oneOf('if', ['virtio', 'pflash', 'none'], 'virtio');
  list.oneOf('media', ['disk'], 'disk');
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
    ...(unit === undefined ? {} : { unit: Number(unit) }),
    ...(id === undefined ? {} : { id }),
    ...(serial === undefined ? {} : { serial }),
  };
}

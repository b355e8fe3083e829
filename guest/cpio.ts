/**
 * The cpio "newc" format, as the kernel unpacks an initramfs from it (Linux Documentation/driver-api/early-userspace/
 * buffer-format.rst). The bytes depend on the entries alone: inode numbers count up, times and owners are 0.
 */

/** One file of an archive; `mode` has the permission bits only. */
export type CpioEntry =
  | { readonly path: string; readonly kind: 'file'; readonly mode: number; readonly content: Uint8Array }
  | { readonly path: string; readonly kind: 'directory'; readonly mode: number }
  | { readonly path: string; readonly kind: 'link'; readonly target: string }
  | {
      readonly path: string;
      readonly kind: 'character' | 'block';
      readonly mode: number;
      readonly major: number;
      readonly minor: number;
    };

const MAGIC = '070701';
const HEADER_LENGTH = 110;
const TRAILER = 'TRAILER!!!';
/** A whole header: the magic number, then 13 numbers of 8 hexadecimal digits. */
const HEADER = new RegExp(`^${MAGIC}[0-9A-Fa-f]{104}$`);

/** File types of st_mode (POSIX <sys/stat.h>, the values cpio fixes). */
const TYPE = { file: 0o100000, directory: 0o040000, link: 0o120000, character: 0o020000, block: 0o060000 } as const;
const TYPE_MASK = 0o170000;

/** Header fields in file order; each is 8 hexadecimal digits. */
const FIELDS = [
  'ino',
  'mode',
  'uid',
  'gid',
  'nlink',
  'mtime',
  'filesize',
  'devmajor',
  'devminor',
  'rdevmajor',
  'rdevminor',
  'namesize',
  'check',
] as const;
type Field = (typeof FIELDS)[number];

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

function aligned(length: number): number {
  return Math.ceil(length / 4) * 4;
}

/** Header, name and content, each padded to 4 bytes. */
function encodeEntry(name: string, content: Uint8Array, values: Partial<Record<Field, number>>): Uint8Array {
  const nameBytes = encoder.encode(`${name}\0`);
  const all: Partial<Record<Field, number>> = { ...values, filesize: content.length, namesize: nameBytes.length };
  const header = MAGIC + FIELDS.map((key) => (all[key] ?? 0).toString(16).padStart(8, '0')).join('');
  const contentAt = aligned(HEADER_LENGTH + nameBytes.length);
  const bytes = new Uint8Array(aligned(contentAt + content.length));
  bytes.set(encoder.encode(header), 0);
  bytes.set(nameBytes, HEADER_LENGTH);
  bytes.set(content, contentAt);
  return bytes;
}

function contentOf(entry: CpioEntry): Uint8Array {
  if (entry.kind === 'file') return entry.content;
  return entry.kind === 'link' ? encoder.encode(entry.target) : new Uint8Array(0);
}

/** An archive of `entries` in their order: a directory must come before what is in it. Paths have no leading slash. */
export function writeCpio(entries: readonly CpioEntry[]): Uint8Array {
  const parts: Uint8Array[] = [];
  entries.forEach((entry, index) => {
    const permissions = entry.kind === 'link' ? 0o777 : entry.mode & 0o7777;
    const device = entry.kind === 'character' || entry.kind === 'block' ? entry : { major: 0, minor: 0 };
    parts.push(
      encodeEntry(entry.path, contentOf(entry), {
        ino: index + 1,
        mode: TYPE[entry.kind] | permissions,
        nlink: entry.kind === 'directory' ? 2 : 1,
        rdevmajor: device.major,
        rdevminor: device.minor,
      }),
    );
  });
  parts.push(encodeEntry(TRAILER, new Uint8Array(0), { nlink: 1 }));
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const archive = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    archive.set(part, at);
    at += part.length;
  }
  return archive;
}

/** Reads an archive up to its trailer; throws RangeError on what is not newc or ends early. */
export function readCpio(archive: Uint8Array): CpioEntry[] {
  const entries: CpioEntry[] = [];
  for (let at = 0; ; ) {
    const header = decoder.decode(archive.subarray(at, at + HEADER_LENGTH));
    if (!HEADER.test(header)) throw new RangeError(`no cpio header at ${at}`);
    const value = (field: Field) => {
      const start = MAGIC.length + FIELDS.indexOf(field) * 8;
      return Number.parseInt(header.slice(start, start + 8), 16);
    };
    const nameEnd = at + HEADER_LENGTH + value('namesize');
    const contentAt = aligned(nameEnd);
    const contentEnd = contentAt + value('filesize');
    if (contentEnd > archive.length) throw new RangeError(`the cpio entry at ${at} ends beyond the archive`);
    const path = decoder.decode(archive.subarray(at + HEADER_LENGTH, nameEnd - 1));
    if (path === TRAILER) return entries;
    const content = archive.slice(contentAt, contentEnd);
    const mode = value('mode') & 0o7777;
    const device = { major: value('rdevmajor'), minor: value('rdevminor') };
    switch (value('mode') & TYPE_MASK) {
      case TYPE.file:
        entries.push({ path, kind: 'file', mode, content });
        break;
      case TYPE.directory:
        entries.push({ path, kind: 'directory', mode });
        break;
      case TYPE.link:
        entries.push({ path, kind: 'link', target: decoder.decode(content) });
        break;
      case TYPE.character:
        entries.push({ path, kind: 'character', mode, ...device });
        break;
      case TYPE.block:
        entries.push({ path, kind: 'block', mode, ...device });
        break;
      default:
        throw new RangeError(`${path}: file type ${(value('mode') & TYPE_MASK).toString(8)} is not known`);
    }
    at = aligned(contentEnd);
  }
}

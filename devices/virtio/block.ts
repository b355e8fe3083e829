import type { BlockBackend } from '../backends/block-backend.js';
import type { VirtioDeviceType } from './device-type.js';
import type { VirtioMmioTransport } from './mmio-transport.js';
import { VirtioDeviceId } from './registers.js';
import { gather, scatter, segmentRange, type Segments } from './segments.js';
import type { VirtioHandler } from './service.js';
import type { Chain, Virtqueue } from './virtqueue.js';

/** Feature bits (virtio 1.2, 5.2.3). */
const F = {
  SEG_MAX: 1n << 2n, GEOMETRY: 1n << 4n, RO: 1n << 5n, BLK_SIZE: 1n << 6n, FLUSH: 1n << 9n, TOPOLOGY: 1n << 10n,
  CONFIG_WCE: 1n << 11n, DISCARD: 1n << 13n, WRITE_ZEROES: 1n << 14n,
} as const;
/** Request types and status (5.2.6). */
const T = { IN: 0, OUT: 1, FLUSH: 4, GET_ID: 8, DISCARD: 11, WRITE_ZEROES: 13 } as const;
const S = { OK: 0, IOERR: 1, UNSUPP: 2 } as const;
const SECTOR = 512;
const HEADER = 16;
const ID_BYTES = 20;
const RANGE_BYTES = 16;
const UNMAP = 1;
/** As QEMU: rings of any size up to this; SEG_MAX goes with the 256 entries QEMU has by default. */
const QUEUE_SIZE = 1024;
const SEG_MAX = 254;
/** Sectors of one request, and in one discard or write-zeroes range, as QEMU limits them. */
const MAX_RANGE_SECTORS = 0x3fffff;
const CONFIG_BYTES = 60;
/** Offset of `writeback` in configuration space. */
const WCE = 32;

/** What every thread must know of a drive. */
export interface BlockParameters {
  /** A multiple of 512. */
  readonly bytes: number;
  readonly readOnly: boolean;
  /** The device starts without a write cache: a write is stable once it is answered. */
  readonly writeThrough?: boolean;
}

/** The register side of a block device (5.2). */
export function blockDeviceType(drive: BlockParameters): VirtioDeviceType {
  const sectors = drive.bytes / SECTOR;
  const config = new Uint8Array(CONFIG_BYTES);
  const view = new DataView(config.buffer);
  view.setBigUint64(0, BigInt(sectors), true);
  view.setUint32(12, SEG_MAX, true);
  // The geometry QEMU makes up for a disk that says nothing of its own.
  view.setUint16(16, Math.min(16383, Math.max(2, Math.floor(sectors / (16 * 63)))), true);
  view.setUint8(18, 16);
  view.setUint8(19, 63);
  view.setUint32(20, SECTOR, true);
  view.setUint8(WCE, drive.writeThrough === true ? 0 : 1);
  view.setUint16(34, 1, true);
  view.setUint32(36, MAX_RANGE_SECTORS, true);
  view.setUint32(40, 1, true);
  view.setUint32(44, 1, true);
  view.setUint32(48, MAX_RANGE_SECTORS, true);
  view.setUint32(52, 1, true);
  view.setUint8(56, 1);
  const always = F.SEG_MAX | F.GEOMETRY | F.BLK_SIZE | F.FLUSH | F.TOPOLOGY | F.CONFIG_WCE;
  return {
    name: 'virtio-blk',
    deviceId: VirtioDeviceId.BLOCK,
    features: always | (drive.readOnly ? F.RO : F.DISCARD | F.WRITE_ZEROES),
    queueSizes: [QUEUE_SIZE],
    config,
    writeConfig(space, offset, value, negotiated) {
      if (offset === WCE && (negotiated & F.CONFIG_WCE) !== 0n) space[WCE] = value & 1;
    },
  };
}

/** Carries out a block device's requests on its backend. */
export class BlockDevice implements VirtioHandler {
  private readonly header = new Uint8Array(HEADER);
  private readonly headerView = new DataView(this.header.buffer);
  private readonly range = new Uint8Array(RANGE_BYTES);
  private readonly rangeView = new DataView(this.range.buffer);
  private readonly id = new Uint8Array(ID_BYTES);

  /**
   * @param serial what GET ID answers, at most 20 bytes
   * @param report told why a request failed on the host
   */
  constructor(
    private readonly transport: VirtioMmioTransport,
    private readonly backend: BlockBackend,
    serial = '',
    private readonly report: (message: string) => void = () => {},
  ) {
    new TextEncoder().encodeInto(serial, this.id);
  }

  process(queue: Virtqueue): void {
    for (let chain = queue.pop(); chain !== undefined; chain = queue.pop()) {
      if (chain.readableBytes < HEADER || chain.writableBytes < 1) {
        queue.fail();
        return;
      }
      const status = this.execute(chain);
      scatter(segmentRange(chain.writable, chain.writableBytes - 1, 1), Uint8Array.of(status));
      queue.push(chain, chain.writableBytes);
    }
  }

  private execute(chain: Chain): number {
    gather(chain.readable, this.header);
    const sector = this.headerView.getUint32(8, true) + this.headerView.getUint32(12, true) * 2 ** 32;
    const target = (): Segments => segmentRange(chain.writable, 0, chain.writableBytes - 1);
    const source = (): Segments => segmentRange(chain.readable, HEADER, chain.readableBytes - HEADER);
    try {
      switch (this.headerView.getUint32(0, true)) {
        case T.IN: return this.readSectors(sector, target(), chain.writableBytes - 1);
        case T.OUT: return this.writeSectors(sector, source(), chain.readableBytes - HEADER);
        case T.FLUSH:
          this.backend.flush();
          return S.OK;
        case T.GET_ID:
          scatter(target(), this.id);
          return S.OK;
        case T.DISCARD: return this.changeRange(source(), chain.readableBytes - HEADER, false);
        case T.WRITE_ZEROES: return this.changeRange(source(), chain.readableBytes - HEADER, true);
        default: return S.UNSUPP;
      }
    } catch (error) {
      this.report(error instanceof Error ? error.message : String(error));
      return S.IOERR;
    }
  }

  /** True when the sectors lie on the disk and are no more than a request may have. */
  private within(sector: number, count: number): boolean {
    return count <= MAX_RANGE_SECTORS && sector + count <= this.backend.bytes / SECTOR;
  }

  private readSectors(sector: number, target: Segments, length: number): number {
    if (length % SECTOR !== 0 || !this.within(sector, length / SECTOR)) return S.IOERR;
    let position = sector * SECTOR;
    for (const piece of target) {
      this.backend.read(position, piece);
      position += piece.length;
    }
    return S.OK;
  }

  private writeSectors(sector: number, source: Segments, length: number): number {
    if (this.backend.readOnly || length % SECTOR !== 0 || !this.within(sector, length / SECTOR)) return S.IOERR;
    let position = sector * SECTOR;
    for (const piece of source) {
      this.backend.write(position, piece);
      position += piece.length;
    }
    this.afterWrite();
    return S.OK;
  }

  /** One range: sector (8 bytes), count (4), flags (4). */
  private changeRange(source: Segments, length: number, zeroes: boolean): number {
    if (this.backend.readOnly || length !== RANGE_BYTES) return S.IOERR;
    gather(source, this.range);
    const sector = this.rangeView.getUint32(0, true) + this.rangeView.getUint32(4, true) * 2 ** 32;
    const count = this.rangeView.getUint32(8, true);
    const flags = this.rangeView.getUint32(12, true);
    // A discard has no flags; write-zeroes may be asked to unmap as well.
    if ((flags & ~(zeroes ? UNMAP : 0)) !== 0) return S.UNSUPP;
    if (!this.within(sector, count)) return S.IOERR;
    if (zeroes) this.backend.writeZeroes(sector * SECTOR, count * SECTOR);
    else this.backend.discard(sector * SECTOR, count * SECTOR);
    this.afterWrite();
    return S.OK;
  }

  /** Without a write cache, or with a driver that cannot flush it, a write is stable once answered (5.2.6.2). */
  private afterWrite(): void {
    const negotiated = this.transport.negotiated;
    const cached = (negotiated & F.CONFIG_WCE) !== 0n
      ? this.transport.configByte(WCE) !== 0
      : (negotiated & F.FLUSH) !== 0n;
    if (!cached) this.backend.flush();
  }
}

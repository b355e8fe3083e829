/** What a guest's reset puts into memory, as a snapshot keeps it: the images as areas of the file, the rest as plain data. */
import type { BootPlan } from '../boot-protocol.js';
import { CHUNK_BYTES } from './format.js';

/** A BootPlan with each run of bytes replaced by the number of its image. */
export interface SavedPlan {
  readonly segments: readonly { readonly name: string; readonly address: number; readonly size: number; readonly image: number }[];
  readonly entry: { readonly pc: string; readonly x0: string };
  readonly cpuEntry: readonly (readonly [number, string])[];
  readonly startEl: 1 | 2 | 3;
  readonly secure: boolean;
  readonly conduit: BootPlan['conduit'];
  readonly linux: boolean;
  readonly flash: readonly [number | null, number | null];
  readonly fwCfgItems: readonly { readonly key: number; readonly image: number }[];
  readonly dtb: number;
  readonly dtbAddress?: number;
  /** Length of each image, bytes. */
  readonly imageBytes: readonly number[];
}

/** Images that are the same bytes in the plan are one, so that a further reset knows the device tree among the segments. */
export function savePlan(plan: BootPlan): { readonly saved: SavedPlan; readonly images: readonly Uint8Array[] } {
  const images: Uint8Array[] = [];
  const numberOf = (bytes: Uint8Array): number => {
    const known = images.indexOf(bytes);
    return known >= 0 ? known : images.push(bytes) - 1;
  };
  const { startEl, secure, conduit, linux, entry, dtbAddress } = plan;
  const bank = (index: 0 | 1): number | null => {
    const bytes = plan.flash[index];
    return bytes === undefined ? null : numberOf(bytes);
  };
  const saved = {
    segments: plan.segments.map(({ name, address, size, bytes }) => ({ name, address, size, image: numberOf(bytes) })),
    entry: { pc: String(entry.pc), x0: String(entry.x0) },
    cpuEntry: [...plan.cpuEntry].map(([cpu, pc]) => [cpu, String(pc)] as const),
    startEl, secure, conduit, linux,
    flash: [bank(0), bank(1)] as const,
    fwCfgItems: plan.fwCfgItems.map(({ key, bytes }) => ({ key, image: numberOf(bytes) })),
    dtb: numberOf(plan.dtb),
    ...(dtbAddress === undefined ? {} : { dtbAddress }),
  };
  return { saved: { ...saved, imageBytes: images.map(({ length }) => length) }, images };
}

/** @param image gives an image by its number, always the same object */
export function restorePlan(saved: SavedPlan, image: (number: number) => Uint8Array): BootPlan {
  const { startEl, secure, conduit, linux, dtbAddress } = saved;
  const bank = (number: number | null): Uint8Array | undefined => (number === null ? undefined : image(number));
  return {
    segments: saved.segments.map(({ name, address, size, image: number }) => ({ name, address, size, bytes: image(number) })),
    entry: { pc: BigInt(saved.entry.pc), x0: BigInt(saved.entry.x0) },
    cpuEntry: new Map(saved.cpuEntry.map(([cpu, pc]) => [cpu, BigInt(pc)])),
    startEl, secure, conduit, linux,
    flash: [bank(saved.flash[0]), bank(saved.flash[1])],
    fwCfgItems: saved.fwCfgItems.map(({ key, image: number }) => ({ key, bytes: image(number) })),
    dtb: image(saved.dtb),
    ...(dtbAddress === undefined ? {} : { dtbAddress }),
  };
}

/** Chunks of an area of bytes, copied. */
export function* pieces(bytes: Uint8Array): Generator<{ readonly position: number; readonly raw: Buffer }> {
  for (let position = 0; position < bytes.length; position += CHUNK_BYTES) {
    yield { position, raw: Buffer.from(bytes.slice(position, position + CHUNK_BYTES)) };
  }
}

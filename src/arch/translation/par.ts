import { PhysicalAddressSpace } from '../address.js';
import { effectiveShareability } from './memory-attributes.js';
import type { TranslationResult } from './walk-result.js';

const RES1 = 1n << 11n;

/**
 * PAR_EL1 after an address translation instruction (Arm ARM, D24.2.121, 64-bit layout).
 * @param rme FEAT_RME: bit 11 of a successful result is NSE instead of RES1.
 */
export function encodePar(translated: boolean, result: TranslationResult, rme: boolean): bigint {
  if (!translated) {
    const walk = result.stage1Walk ? 1n << 8n : 0n;
    const stage = result.stage2 ? 1n << 9n : 0n;
    return 1n | (BigInt(result.fault) << 1n) | walk | stage | RES1;
  }
  const { NonSecure, Realm, Root } = PhysicalAddressSpace;
  const { space, attributes } = result;
  const ns = space === NonSecure || space === Realm ? 1n << 9n : 0n;
  const nse = !rme || space === Root || space === Realm ? RES1 : 0n;
  const shareability = BigInt(effectiveShareability(attributes, result.shareability)) << 7n;
  const page = (BigInt(result.paHigh) << 32n) | BigInt((result.paLow & ~0xfff) >>> 0);
  return page | shareability | ns | nse | (BigInt(attributes) << 56n);
}

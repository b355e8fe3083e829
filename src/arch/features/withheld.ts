import type { FeatureName } from './feature-list.js';

/** Why a feature that a CPU model names is not advertised, one clause each. Its line goes when the feature comes. */
export const WITHHELD: Readonly<Partial<Record<FeatureName, string>>> = {
  FEAT_MixedEnd: 'data accesses are little-endian, SCTLR_ELx.EE and E0E are RES0',
  FEAT_LSE128: 'the 128-bit atomics are not single-copy atomic with plain stores of another PE',
  FEAT_LRCPC3: 'LDIAPP, STILP, LDAP1, STL1 and the indexed LDAPR and STLR are missing',
  FEAT_PMUv3p7: 'PMCR_EL0.FZO, freeze on overflow, is missing',
  FEAT_ExS: 'exception entry and return are always context synchronizing',
  FEAT_CMOW: 'cache maintenance checks no write permission',
  FEAT_SVE: 'not implemented',
  FEAT_SME: 'not implemented',
  FEAT_MTE2: 'there is no storage for Allocation Tags',
};

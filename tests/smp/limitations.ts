/** Litmus tests that runtime/README.md names a limitation for: they are in the table of results, and not asserted. */
export const LIMITATIONS: Readonly<Record<string, string>> = {
  'exclusive-pair+store': '128-bit atomics are not atomic against plain 64-bit stores of other vCPUs',
  'exclusive-pair+two-stores': '128-bit atomics are not atomic against plain 64-bit stores of other vCPUs',
  'pair+stp-ldp': 'LDP and STP are two accesses',
  'pair+stp-ldp-2': 'LDP and STP are two accesses',
  'pair+casp-ldp': 'LDP and STP are two accesses',
};

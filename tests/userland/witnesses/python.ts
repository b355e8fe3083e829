/** Python's own tests of numbers, hashes and compression. */
import type { Witness } from '../witness.js';

/** Modules of the `test` package. */
const MODULES = [
  'test_math', 'test_cmath', 'test_float', 'test_complex', 'test_long', 'test_struct', 'test_fractions',
  'test_statistics', 'test_random', 'test_decimal', 'test_numeric_tower', 'test_strtod', 'test_pow', 'test_zlib',
  'test_hashlib', 'test_binascii', 'test_array',
];

/** Numbers at the heart of it, for a run of a minute. */
const SHORT_MODULES = ['test_math', 'test_float'];

/** Tests that take many times as long as all others together, by method or by whole name. */
const LEFT_OUT = [
  'test_overlap', 'test_sqrtprod_*', 'test_integer_sqrt_of_frac_rto', 'test_binomialvariate', 'test_bug_9025',
  'test_getrandbits_2G_bits', 'test_bit_length', 'test.test_random.SystemRandom*',
  // The decimal module written in Python; the one written in C runs the same tests.
  'test.test_decimal.Py*', 'test.test_decimal.CContextAPItests.test_pickle',
];

/** More of that kind, for the short run: most of test_math's time. */
const LEFT_OUT_OF_SHORT = [
  'testFsum', 'testRemainder', 'testDist', 'testFactorial', 'testIsqrt', 'testComb', 'testPerm', 'test_prod',
];

function pythonTests(name: string, modules: readonly string[], leftOut: readonly string[]): Witness {
  const options = leftOut.map((pattern) => `-i '${pattern}'`).join(' ');
  return {
    name,
    packages: ['python3', 'libpython3.13-testsuite'],
    script: [
      `python3 -m test -W ${options} ${modules.join(' ')} >log 2>&1`,
      'status=$?',
      '[ $status = 0 ] || sed "s/^/~/" log',
      'grep -E "^(Total test|Result)" log',
      'exit $status',
      '',
    ].join('\n'),
    expected: [`Total test files: run=${modules.length}/${modules.length} (filtered)`, 'Result: SUCCESS'],
  };
}

export const python = pythonTests('python', MODULES, LEFT_OUT);
export const shortPython = pythonTests('python-short', SHORT_MODULES, [...LEFT_OUT, ...LEFT_OUT_OF_SHORT]);

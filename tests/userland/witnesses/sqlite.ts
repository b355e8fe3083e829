/** The sqlite3 shell: a script whose answers the host computes too, and more that are compared with QEMU's. */
import { readFileSync } from 'node:fs';
import type { Witness } from '../witness.js';

const ROWS = 4_000;

/** The table's columns as the script fills them: row number, a number below 2^31, a real number. */
function rows(): { readonly id: number; readonly n: number; readonly x: number }[] {
  const all: { id: number; n: number; x: number }[] = [];
  let n = 1;
  for (let id = 1; id <= ROWS; id++) {
    all.push({ id, n, x: n / 1024 });
    n = Number((BigInt(n) * 1_103_515_245n + 12_345n) % 2_147_483_648n);
  }
  return all;
}

function expected(): string[] {
  const all = rows();
  const sum = all.reduce((total, row) => total + row.n, 0);
  const groups = [0, 1, 2, 3, 4, 5, 6].map((group) => {
    const members = all.filter((row) => row.n % 7 === group);
    return `group ${group}|${members.length}|${Math.max(...members.map((row) => row.n))}`;
  });
  const ordered = [...all].sort((a, b) => a.n - b.n);
  return [
    `rows|${ROWS}`, `sum|${sum}`, `real sum|${all.reduce((total, row) => total + row.x, 0)}`, ...groups,
    `middle|${ordered[ROWS / 2 - 1].n}`, 'ok', `words|${all.filter((row) => row.n % 5 === 3).length}`, 'ok',
  ];
}

export const sqlite: Witness = {
  name: 'sqlite',
  packages: ['sqlite3'],
  files: [{ path: 'witness.sql', content: readFileSync(new URL('../programs/witness.sql', import.meta.url)) }],
  script: [
    'sqlite3 -batch -bail witness.db <witness.sql || exit 1',
    'sqlite3 -batch witness.db .dump >dump && sqlite3 -batch -bail copy.db <dump || exit 1',
    'sqlite3 -batch copy.db "pragma integrity_check" || exit 1',
    'sqlite3 -batch copy.db .dump | cmp - dump && echo "the dump of the copy is the same"',
    '',
  ].join('\n'),
  expected: [...expected(), 'ok', 'the dump of the copy is the same'],
};

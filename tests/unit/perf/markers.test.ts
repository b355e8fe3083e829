import { describe, expect, it } from 'vitest';
import { MarkerReader, parseMarker } from '../../../perf/suite/markers.js';

describe('markers', () => {
  it('of every kind are read', () => {
    expect(parseMarker('ULNA-USERSPACE-READY 6.12')).toEqual({ kind: 'userspace' });
    expect(parseMarker('begin crc32-table')).toEqual({ kind: 'begin', name: 'crc32-table' });
    expect(parseMarker('end sort ok')).toEqual({ kind: 'end', name: 'sort' });
    expect(parseMarker('end sort bad not sorted')).toEqual({ kind: 'end', name: 'sort', reason: 'not sorted' });
    expect(parseMarker('exit sort 139')).toEqual({ kind: 'exit', name: 'sort', status: 139 });
    expect(parseMarker('all-done')).toEqual({ kind: 'done' });
    expect(parseMarker('[    1.0] Kernel panic - not syncing: no init found')).toEqual({
      kind: 'panic', text: 'Kernel panic - not syncing: no init found',
    });
  });

  it('are whole lines only', () => {
    const others = ['begin', 'begin a b', ' begin a', 'end a', 'end a okay', 'exit a', 'exit a x', 'all-done.', ''];
    for (const line of others) {
      expect(parseMarker(line), line).toBeUndefined();
    }
  });

  it('are found over the borders of chunks, with or without carriage returns', () => {
    const reader = new MarkerReader();
    const text = 'noise\r\nbegin fib\r\r\n[    2.1] random: ready\nend fib ok\nall-done\n';
    const found = [...text].flatMap((character) => reader.push(character));
    expect(found).toEqual([{ kind: 'begin', name: 'fib' }, { kind: 'end', name: 'fib' }, { kind: 'done' }]);
    expect(new MarkerReader().push(text)).toEqual(found);
    expect(reader.push('begin late')).toEqual([]);
  });

  it('are found behind a line that has no end for long', () => {
    const reader = new MarkerReader();
    for (let i = 0; i < 1000; i++) expect(reader.push('x'.repeat(1000))).toEqual([]);
    expect(reader.push('\nbegin a\n')).toEqual([{ kind: 'begin', name: 'a' }]);
  });
});

import { describe, expect, it } from 'vitest';
import { createProgress } from '../../../guest/progress.js';

function stream(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, columns: 20, write: (text: string) => void written.push(text), written };
}

describe('progress', () => {
  it('rewrites one line of a terminal and clears it', () => {
    const output = stream(true);
    const progress = createProgress(output);
    progress.update('working', 12.7);
    progress.update('working', 12.9);
    progress.update('something much too long for it', 200);
    progress.finish();
    progress.finish();
    expect(output.written).toEqual(['\r\x1b[Kworking 12 %', '\r\x1b[Ksomething muc 100 %', '\r\x1b[K']);
  });

  it('says nothing elsewhere', () => {
    const output = stream(false);
    const progress = createProgress(output);
    progress.update('working');
    progress.finish();
    expect(output.written).toEqual([]);
  });
});

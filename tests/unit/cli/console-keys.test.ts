import { describe, expect, it } from 'vitest';
import { type ConsoleAction, EscapeKeys } from '../../../src/cli/escape-keys.js';
import { LineEditor } from '../../../src/cli/line-editor.js';

const bytes = (text: string) => new TextEncoder().encode(text);
const shown = (actions: ConsoleAction[]) =>
  actions.map((action) => (action.kind === 'input' ? new TextDecoder().decode(action.bytes) : `<${action.kind}>`));

describe('escape keys', () => {
  it('are taken out of what is typed', () => {
    expect(shown(new EscapeKeys().push(bytes('ab\x01ccd\x01he\x01x')))).toEqual([
      'ab',
      '<toggle-monitor>',
      'cd',
      '<help>',
      'e',
      '<quit>',
    ]);
  });

  it('send Ctrl-A with a or Ctrl-A', () => {
    expect(shown(new EscapeKeys().push(bytes('\x01a\x01\x01z')))).toEqual(['\x01\x01z']);
  });

  it('that mean nothing do nothing', () => {
    expect(shown(new EscapeKeys().push(bytes('\x01qz')))).toEqual(['z']);
  });

  it('may be cut in two', () => {
    const keys = new EscapeKeys();
    expect(shown(keys.push(bytes('a\x01')))).toEqual(['a']);
    expect(shown(keys.push(bytes('x')))).toEqual(['<quit>']);
  });
});

describe('the line editor', () => {
  function edit(...typed: string[]) {
    const lines: string[] = [];
    let output = '';
    const editor = new LineEditor(
      '> ',
      (text) => (output += text),
      (line) => lines.push(line),
    );
    editor.begin();
    for (const text of typed) editor.push(bytes(text));
    return { lines, output };
  }

  it('echoes and gives whole lines', () => {
    expect(edit('info ', 'mtree\rq\n')).toEqual({ lines: ['info mtree', 'q'], output: '> info mtree\nq\n' });
  });

  it('erases a character, a word, a line', () => {
    expect(edit('abx\x7fc\r').lines).toEqual(['abc']);
    expect(edit('info foo \x17mtree\r').lines).toEqual(['info mtree']);
    expect(edit('nonsense\x15ok\r').lines).toEqual(['ok']);
    expect(edit('\x7f\x7fa\r')).toEqual({ lines: ['a'], output: '> a\n' });
  });

  it('drops a line at Ctrl-C and ignores cursor keys', () => {
    expect(edit('abc\x03d\r').lines).toEqual(['d']);
    expect(edit('a\x1b[Ab\x1bOCc\x1b[3~d\x00\r').lines).toEqual(['abcd']);
  });

  it('takes characters that arrive in parts', () => {
    const lines: string[] = [];
    const editor = new LineEditor('', () => undefined, (line) => lines.push(line));
    editor.push(Uint8Array.of(0xc3));
    editor.push(Uint8Array.of(0xa9, 0x0d));
    expect(lines).toEqual(['é']);
  });
});

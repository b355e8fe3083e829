/** Words to table entries, to records, to text. */
import { decode } from '../../jit/a64/decoder.js';
import { disassemble } from '../../jit/a64/disassembler/disassembler.js';
import { RecordWriter } from '../../jit/interpreter/records.js';
import type { MicroTask } from './task.js';

/** @param words real code */
export function decodingTasks(words: Int32Array): MicroTask[] {
  const operations = words.length;
  const records = new Int32Array(4 * words.length);
  const writeAll = (writer: RecordWriter): void => {
    for (let i = 0; i < words.length; i++) writer.write(words[i], (i & 1023) << 2, records, 4 * i);
  };
  const newWriter = (): RecordWriter => new RecordWriter({ hasFeature: () => true });
  return [
    {
      name: 'decoder: word to table entry',
      operations,
      prepare: () => () => {
        let known = 0;
        for (let i = 0; i < words.length; i++) if (decode(words[i]) !== undefined) known++;
        return known;
      },
    },
    // A new writer knows no words; making it is part of the time.
    { name: 'records: write, words not seen before', operations, prepare: () => () => writeAll(newWriter()) },
    {
      name: 'records: write, words seen before',
      operations,
      prepare: () => {
        const writer = newWriter();
        return () => writeAll(writer);
      },
    },
    {
      name: 'disassembler: word to text',
      operations,
      prepare: () => () => {
        let characters = 0;
        for (let i = 0; i < words.length; i++) characters += disassemble(words[i], 0x1000n).length;
        return characters;
      },
    },
  ];
}

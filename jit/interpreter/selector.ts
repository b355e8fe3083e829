/** Finds the operation that executes a word on one CPU model. */
import { decode, extractFields } from '../a64/decoder.js';
import type { Encoding, FeatureName } from '../a64/encoding.js';
import { encodingNamed } from '../a64/encodings/index.js';
import type { InstructionFields } from '../emitter/operand.js';
import type { EncodingOperations } from './operation.js';
import { encodingOperations, operationNumbers } from './operation-table.js';

/** An instruction word with its operation. */
export interface Selected {
  readonly entry: EncodingOperations;
  readonly fields: InstructionFields;
  readonly operation: number;
  /** The operation depends on where in its page the word lies. */
  readonly placed: boolean;
}

/** Fields of a word, as operands and computed statics want them. */
export function instructionFields({ encoding }: EncodingOperations, word: number, pageOffset: number): InstructionFields {
  const named = extractFields(encoding, word) as Record<string, number>;
  named.word = word;
  named.pageOffset = pageOffset;
  return named as unknown as InstructionFields;
}

export interface SelectorOptions {
  readonly hasFeature: (name: FeatureName) => boolean;
  /** Called when the guest reaches a known instruction that has no semantics; once for each name. */
  readonly onUnimplemented?: (encoding: Encoding, word: number) => void;
}

export class Selector {
  private readonly hint = encodingNamed('HINT');
  private readonly reported = new Set<string>();
  private readonly available = new Map<Encoding, boolean>();

  constructor(private readonly options: SelectorOptions) {}

  hasFeature(name: FeatureName): boolean {
    return this.options.hasFeature(name);
  }

  private isAvailable(encoding: Encoding, word: number): boolean {
    let known = this.available.get(encoding);
    if (known === undefined) {
      known = encoding.feature === undefined || this.options.hasFeature(encoding.feature);
      this.available.set(encoding, known);
    }
    if (!known || encoding.needs === undefined) return known;
    const needed = encoding.needs(extractFields(encoding, word));
    return needed === undefined || this.options.hasFeature(needed);
  }

  /** Operations of the encoding of a word. Undefined when the word is UNDEFINED on this CPU. */
  find(word: number): EncodingOperations | undefined {
    let encoding = decode(word);
    if (encoding !== undefined && !this.isAvailable(encoding, word)) {
      // hints of absent features are NOPs (Arm ARM, C6.2 HINT)
      encoding = encoding.group === 'control/hints' ? this.hint : undefined;
    }
    const entry = encoding === undefined ? undefined : encodingOperations(encoding);
    if (entry === undefined) {
      if (encoding !== undefined && !this.reported.has(encoding.name)) {
        this.reported.add(encoding.name);
        this.options.onUnimplemented?.(encoding, word);
      }
    }
    return entry;
  }

  /** @param pageOffset byte offset in the 4 KiB page. Undefined when the word is UNDEFINED on this CPU. */
  select(word: number, pageOffset: number): Selected | undefined {
    const entry = this.find(word);
    if (entry === undefined) return undefined;
    const fields = instructionFields(entry, word, pageOffset);
    let index = entry.base;
    let scale = 1;
    let placed = false;
    for (const radix of entry.radices) {
      if (radix.of === undefined) {
        index += scale * fields[radix.name];
      } else {
        index += scale * radix.of(fields);
        if (radix.name === 'near') placed = true;
      }
      scale *= radix.values;
    }
    return { entry, fields, operation: operationNumbers[index], placed };
  }
}

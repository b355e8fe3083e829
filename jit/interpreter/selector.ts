/** Finds the operation that executes a word on one CPU model. */
import { decode, extractFields } from '../a64/decoder.js';
import type { Encoding, FeatureName } from '../a64/encoding.js';
import { encodingNamed } from '../a64/encodings/index.js';
import type { InstructionFields } from '../emitter/operand.js';
import { operationNumbers, operationsOfEncoding, type EncodingOperations } from './operations.js';

/** An instruction word with its operation. */
export interface Selected {
  readonly entry: EncodingOperations;
  readonly fields: InstructionFields;
  readonly operation: number;
  /** The operation depends on where in its page the word lies. */
  readonly placed: boolean;
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

  /** @param pageOffset byte offset in the 4 KiB page. Undefined when the word is UNDEFINED on this CPU. */
  select(word: number, pageOffset: number): Selected | undefined {
    let encoding = decode(word);
    if (encoding !== undefined && !this.isAvailable(encoding, word)) {
      // hints of absent features are NOPs (Arm ARM, C6.2 HINT)
      encoding = encoding.group === 'control/hints' ? this.hint : undefined;
    }
    const entry = encoding === undefined ? undefined : operationsOfEncoding[encoding.id];
    if (entry === undefined) {
      if (encoding !== undefined && !this.reported.has(encoding.name)) {
        this.reported.add(encoding.name);
        this.options.onUnimplemented?.(encoding, word);
      }
      return undefined;
    }
    const named = extractFields(entry.encoding, word) as Record<string, number>;
    named.word = word;
    named.pageOffset = pageOffset;
    const fields = named as unknown as InstructionFields;
    let index = entry.base;
    let scale = 1;
    let placed = false;
    for (const radix of entry.radices) {
      if (radix.of === undefined) {
        index += scale * named[radix.name];
      } else {
        index += scale * radix.of(fields);
        if (radix.name === 'near') placed = true;
      }
      scale *= radix.values;
    }
    return { entry, fields, operation: operationNumbers[index], placed };
  }
}

import type { Entry, Recording } from './format.js';
import type { Journal, MachineInput, Moment } from './journal.js';

/** Gives what was recorded, and compares digests. */
export class Replayer implements Journal {
  readonly replaying = true;
  private readonly inputs: (Entry & { readonly input: MachineInput })[];
  private readonly digests: (Entry & { readonly digest: string })[];
  private given = 0;
  private compared = 0;
  private different = false;

  constructor(private readonly recording: Recording) {
    const { entries } = recording;
    this.inputs = entries.filter((entry) => 'input' in entry);
    this.digests = entries.filter((entry) => 'digest' in entry);
  }

  get next(): Moment | undefined {
    return this.inputs[this.given];
  }

  due(now: Moment): readonly MachineInput[] {
    const due: MachineInput[] = [];
    for (let next = this.inputs[this.given]; next?.step === now.step; next = this.inputs[this.given]) {
      due.push(next.input);
      this.given++;
    }
    return due;
  }

  input(): void {}

  digest(now: Moment, digest: string): string | undefined {
    if (this.different) return undefined;
    const expected = this.digests[this.compared++];
    const same = expected?.digest === digest && expected.step === now.step && expected.instructions === now.instructions;
    this.different = !same;
    if (same) return undefined;
    const earlier = this.digests[this.compared - 2];
    const since = earlier === undefined ? '' : `, and was not at ${earlier.instructions}`;
    return expected === undefined || expected.instructions !== now.instructions
      ? `the replay has come to instruction ${now.instructions}; the recording ${expected === undefined ? 'ends before' : `went on at ${expected.instructions}`}`
      : `the replay is different at instruction ${now.instructions}${since}`;
  }

  end(now: Moment): { differs: boolean; message: string } {
    const { recording: { end }, compared, digests } = this;
    if (now.instructions !== end.instructions || now.nanoseconds !== end.nanoseconds || compared < digests.length) {
      return { differs: true, message: `the replay ends at instruction ${now.instructions}, the recording at ${end.instructions}` };
    }
    return { differs: false, message: `${compared} digests matched up to instruction ${now.instructions}` };
  }

  close(): void {}
}

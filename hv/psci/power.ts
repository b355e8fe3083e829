/** The power states of a machine's PEs, in shared memory: any PE's thread turns others on, each turns itself off. */
import { AffinityState, PsciStatus } from './functions.js';

/** What a PE finds in its words when it is turned on. */
export interface PowerOn {
  readonly entry: bigint;
  readonly contextId: bigint;
}

/** Indexes of one PE's words: its AffinityState, and entry point and context as 64-bit words. */
export interface PowerWords {
  readonly state: number;
  readonly entry: number;
  readonly context: number;
}

export class PowerStates {
  private readonly words: Int32Array;
  private readonly wide: BigUint64Array;

  constructor(buffer: ArrayBufferLike, private readonly places: readonly PowerWords[]) {
    this.words = new Int32Array(buffer, 0, Math.floor(buffer.byteLength / 4));
    this.wide = new BigUint64Array(buffer, 0, Math.floor(buffer.byteLength / 8));
  }

  get count(): number {
    return this.places.length;
  }

  state(cpu: number): AffinityState {
    const state = Atomics.load(this.words, this.places[cpu].state);
    return state === CLAIMED ? AffinityState.ON_PENDING : state as AffinityState;
  }

  /** @param state as the machine starts */
  set(cpu: number, state: AffinityState): void {
    Atomics.store(this.words, this.places[cpu].state, state);
  }

  /** CPU_ON: asks `cpu` to turn itself on. It is to be woken then if the result is SUCCESS. */
  turnOn(cpu: number, { entry, contextId }: PowerOn): PsciStatus {
    const { words, wide, places } = this;
    const place = places[cpu];
    switch (Atomics.compareExchange(words, place.state, AffinityState.OFF, CLAIMED)) {
      case AffinityState.OFF: break;
      case AffinityState.ON: return PsciStatus.ALREADY_ON;
      default: return PsciStatus.ON_PENDING;
    }
    wide[place.entry] = entry;
    wide[place.context] = contextId;
    Atomics.store(words, place.state, AffinityState.ON_PENDING);
    return PsciStatus.SUCCESS;
  }

  /** On the thread of `cpu`, which is off: where it is to start, if it has been asked to. It is on then. */
  takeTurnOn(cpu: number): PowerOn | undefined {
    const { words, wide, places } = this;
    const { state, entry, context } = places[cpu];
    if (Atomics.load(words, state) !== AffinityState.ON_PENDING) return undefined;
    const request = { entry: wide[entry], contextId: wide[context] };
    Atomics.store(words, state, AffinityState.ON);
    return request;
  }
}

/** Between OFF and ON_PENDING, while entry point and context are written. */
const CLAIMED = 3;

/**
 * How one of several vCPUs deals with the others. Each is *running*, or stands still: it waits, is off or is being looked at,
 * and acts on what was broadcast before it runs again. So nobody who has to wait for all the others waits for those that stand
 * still, and whoever waits stands still: two that wait for each other both go on. `runtime/README.md` has the rules.
 */
import { availableParallelism } from 'node:os';
import { HeaderLayout, type MemoryLayout } from '../layout/memory-layout.js';
import { controlFieldOffset, VcpuLayout } from '../layout/vcpu-layout.js';
import { BroadcastLog } from '../mmu/broadcast-log.js';
import type { TlbBroadcaster } from '../mmu/interfaces.js';
import type { TlbInvalidation } from '../mmu/tlb-invalidation.js';
import { VcpuPlaces } from './vcpu-places.js';
import { InvalidationKind } from '../layout/broadcast-layout.js';

/** Looks at another vCPU's answer before this one sleeps; fewer where vCPUs share processors. */
const SPINS = 1000;
const SPINS_SHARED = 50;
/** How long it then sleeps at most, milliseconds. */
const LONGEST_SLEEP = 1;

/** What a vCPU does about broadcasts. */
export interface GroupMember {
  apply(message: TlbInvalidation): void;
  /** It has missed some: everything may be stale. */
  applyAll(): void;
}

/** Control words of one vCPU, as indexes. */
interface Peer {
  readonly cpu: number;
  readonly running: number;
  readonly applied: number;
  readonly exitRequest: number;
  readonly event: number;
}

export class VcpuGroup implements TlbBroadcaster {
  private readonly words: Int32Array;
  private readonly log: BroadcastLog;
  private readonly peers: readonly Peer[];
  private readonly self: Peer;
  private readonly pending: number;
  private readonly awaited: number;
  private readonly answers: number;
  private readonly owner: number;
  /** Looks at what another vCPU has to do before this one sleeps. */
  readonly spins: number;
  /** What this one has acted on; the same as its `applied`. */
  private applied = 0;
  private readonly places: VcpuPlaces;
  /** Set before anything runs. */
  member: GroupMember = { apply: () => undefined, applyAll: () => undefined };
  /** All others stand still until this one has done what it does. */
  alone = false;

  constructor(memory: WebAssembly.Memory, layout: MemoryLayout, readonly index: number, count: number) {
    this.words = new Int32Array(memory.buffer);
    this.log = new BroadcastLog(memory, layout);
    this.places = new VcpuPlaces(memory, layout, count, count);
    this.spins = count < availableParallelism() ? SPINS : SPINS_SHARED;
    const word = (cpu: number, name: keyof typeof controlFieldOffset): number =>
      (layout.vcpus + cpu * VcpuLayout.size + controlFieldOffset[name]) >> 2;
    const all = Array.from({ length: count }, (_, cpu): Peer => ({
      cpu, running: word(cpu, 'running'), applied: word(cpu, 'applied'), exitRequest: word(cpu, 'exitRequest'),
      event: word(cpu, 'eventRegister'),
    }));
    this.peers = all.filter((_, cpu) => cpu !== index);
    this.self = all[index];
    this.pending = word(index, 'broadcastPending');
    const header = (name: keyof typeof HeaderLayout.offset): number => (layout.header + HeaderLayout.offset[name]) >> 2;
    this.awaited = header('answersAwaited');
    this.answers = header('answers');
    this.owner = header('aloneOwner');
  }

  /** Before anything is executed: waits until nobody is alone, then acts on what was broadcast. */
  enter(): void {
    const { words, owner, self, index } = this;
    for (;;) {
      Atomics.store(words, self.running, 1);
      const alone = Atomics.load(words, owner);
      if (alone === 0 || alone === index + 1) break;
      this.leave();
      Atomics.wait(words, owner, alone, LONGEST_SLEEP);
    }
    this.catchUp();
  }

  /** From now on this vCPU executes nothing, and touches no guest memory and no decoded code. */
  leave(): void {
    Atomics.store(this.words, this.self.running, 0);
    this.answer();
  }

  /** Acts on what was broadcast. No translated code may be waiting for a callee, unless it will give up. */
  catchUp(): void {
    const { log, words, self, member, index } = this;
    if (log.head === this.applied) return;
    const news = log.read(this.applied, index);
    if (news === undefined) {
      this.applied = log.head;
      member.applyAll();
    } else {
      this.applied = news.head;
      for (const message of news.messages) member.apply(message);
    }
    Atomics.store(words, self.applied, this.applied);
    this.answer();
  }

  /** Everything was reset: what was broadcast before does not matter. */
  forget(): void {
    this.applied = this.log.head;
    Atomics.store(this.words, this.self.applied, this.applied);
  }

  post(message: TlbInvalidation): number {
    const stamp = this.log.post(message, this.index);
    // Maintenance by the guest is complete at its DSB; anything else is to be seen soon, DSB or not.
    if (message.kind > InvalidationKind.Address) this.kickRunning(stamp);
    this.words[this.pending] = 1;
    return stamp;
  }

  /** What `complete` does, where nobody has to be waited for. @returns whether that is so */
  completeAtOnce(): boolean {
    if (!this.passed(this.log.head)) return false;
    this.words[this.pending] = 0;
    return true;
  }

  complete(): void {
    this.words[this.pending] = 0;
    this.waitFor(this.log.head);
  }

  /** Waits until all others have acted on the messages before `stamp`, or stand still. This one stands still meanwhile. */
  waitFor(stamp: number): void {
    this.kickRunning(stamp);
    this.leave();
    for (const peer of this.peers) this.await(() => this.behind(peer, stamp));
    this.enter();
  }

  /** Runs `body` while all others stand still. No translated code may be waiting for a callee, unless it will give up. */
  exclusively(body: () => void): void {
    const { words, owner, index } = this;
    if (this.alone) return body();
    this.leave();
    for (;;) {
      const other = Atomics.compareExchange(words, owner, 0, index + 1);
      if (other === 0) break;
      Atomics.wait(words, owner, other, LONGEST_SLEEP);
    }
    for (const peer of this.peers) if (Atomics.load(words, peer.running) !== 0) Atomics.store(words, peer.exitRequest, 1);
    for (const peer of this.peers) this.await(() => Atomics.load(words, peer.running) !== 0);
    this.enter();
    this.alone = true;
    try {
      body();
    } finally {
      this.alone = false;
      Atomics.store(words, owner, 0);
      Atomics.notify(words, owner);
    }
  }

  /** Whether all others have acted on the messages before `stamp`, or stand still. */
  passed(stamp: number): boolean {
    return !this.peers.some((peer) => this.behind(peer, stamp));
  }

  /** SEV: sets the event register of all others. */
  sendEvent(): void {
    for (const { cpu, event } of this.peers) if (Atomics.exchange(this.words, event, 1) === 0) this.places.wake(cpu);
  }

  private behind(peer: Peer, stamp: number): boolean {
    const { words } = this;
    return Atomics.load(words, peer.running) !== 0 && ((Atomics.load(words, peer.applied) - stamp) | 0) < 0;
  }

  private kickRunning(stamp: number): void {
    for (const peer of this.peers) if (this.behind(peer, stamp)) Atomics.store(this.words, peer.exitRequest, 1);
  }

  private await(waiting: () => boolean): void {
    const { words, awaited, answers } = this;
    for (let i = 0; i < this.spins; i++) if (!waiting()) return;
    Atomics.add(words, awaited, 1);
    for (;;) {
      const seen = Atomics.load(words, answers);
      if (!waiting()) break;
      Atomics.wait(words, answers, seen, LONGEST_SLEEP);
    }
    Atomics.sub(words, awaited, 1);
  }

  /** Wakes whoever waits for this vCPU. */
  private answer(): void {
    const { words, awaited, answers } = this;
    if (Atomics.load(words, awaited) === 0) return;
    Atomics.add(words, answers, 1);
    Atomics.notify(words, answers);
  }
}

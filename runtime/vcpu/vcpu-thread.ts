/**
 * A thread of vCPUs. Those that it has take turns of a slice each. All begin on the first thread: threads cost JavaScript that has to
 * warm up, and where there are more busy threads than processors they are in each other's way. Another one is asked for when several
 * vCPUs have had something to do for a while, or once when none has; a vCPU moves where the loads differ by two for a while.
 */
import type { VcpuPlaces } from './vcpu-places.js';
import type { Vcpu } from './vcpu.js';
import { LONGEST_WAIT, SPIN } from './waiting.js';

/** How long loads must have differed until a vCPU moves, milliseconds: it loses its TLBs by it. */
const PATIENCE = 20;
/** How long, in all, several vCPUs must have had something to do until another thread is asked for, milliseconds. */
const CROWDED = 1200;
/** How long none must have, milliseconds, until the second thread gets ready. */
const IDLE = 100;

export interface VcpuThreadHost {
  /** Makes a vCPU, whose state lies in memory, one of this thread's. */
  adopt(cpu: number): Vcpu;
  /** One thread more than there are would have something to do, or nothing else has. */
  moreThreads(): void;
  stopRequested(): boolean;
}

interface Member {
  readonly vcpu: Vcpu;
  /** When it is looked at again if nobody wakes the thread before: host's time, milliseconds. */
  idleUntil: number;
  /** Turns since it waited last. */
  turns: number;
}

export class VcpuThread {
  private members: Member[] = [];
  /** How many could run in the last round. */
  private busy = 0;
  /** Value of the futex word when all were looked at last. */
  private seen: number | undefined;
  /** Number of threads when another one was asked for. */
  private askedAt = 0;
  /** Milliseconds in which several had something to do, up to when that was looked at last. */
  private crowded = 0;
  private crowdedAt = 0;
  /** Since when another thread has had less to do. */
  private unequalSince: number | undefined;

  constructor(private readonly index: number, private readonly places: VcpuPlaces, private readonly host: VcpuThreadHost) {}

  /** The machine was reset or restored: it has these vCPUs, and no others. */
  begin(vcpus: readonly Vcpu[]): void {
    this.members = vcpus.map((vcpu) => ({ vcpu, idleUntil: 0, turns: 0 }));
  }

  /** Runs the vCPUs that it has and is given, until the machine stops. */
  run(): void {
    const { places, host, index } = this;
    this.seen = undefined;
    this.askedAt = 0;
    while (!host.stopRequested()) {
      const seen = places.wakeCount(index);
      const woken = seen !== this.seen;
      this.seen = seen;
      if (woken) this.gather();
      const busy = this.turns(woken);
      this.busy = busy;
      places.setLoad(index, busy);
      if (busy > 0) this.balance(busy);
      else this.sleep(seen);
    }
  }

  /** Lets each that can run a slice. @returns how many could */
  private turns(woken: boolean): number {
    let busy = 0;
    for (const member of this.members) {
      if (this.host.stopRequested()) break;
      if (!woken && member.idleUntil > performance.now()) continue;
      const idle = member.vcpu.idleFor();
      member.idleUntil = idle === 0 ? 0 : performance.now() + idle / 1e6;
      if (idle > 0) {
        member.turns = 0;
        continue;
      }
      busy++;
      member.turns++;
      member.vcpu.turn(this.busy > 1);
    }
    return busy;
  }

  /** Takes what other threads have given. */
  private gather(): void {
    const { members, places, index, host } = this;
    for (let cpu = 0; cpu < places.cpus; cpu++) {
      if (places.threadOf(cpu) !== index || members.some(({ vcpu }) => vcpu.index === cpu)) continue;
      members.push({ vcpu: host.adopt(cpu), idleUntil: 0, turns: 0 });
    }
  }

  private balance(busy: number): void {
    const { places } = this;
    if (busy < 2 || places.threads === 1) {
      this.unequalSince = undefined;
      this.crowdedAt = 0;
      return;
    }
    const now = performance.now();
    if (this.crowdedAt !== 0) this.crowded += now - this.crowdedAt;
    this.crowdedAt = now;
    const { least, load, present } = places.leastLoaded();
    if (present < places.threads && this.crowded >= CROWDED) this.ask(present);
    if (busy - load < 2) {
      this.unequalSince = undefined;
      return;
    }
    this.unequalSince ??= now;
    if (now - this.unequalSince < PATIENCE) return;
    this.unequalSince = undefined;
    this.give(least);
  }

  private ask(present: number): void {
    if (this.askedAt === present) return;
    this.askedAt = present;
    this.crowded = 0;
    this.host.moreThreads();
  }

  /**
   * Gives away the one that has gone on for longest: it needs the engine least that is not warm there, and those that wait for each
   * other stay together.
   */
  private give(thread: number): void {
    const able = this.members.filter(({ vcpu, turns }) => turns > 0 && vcpu.movable);
    if (able.length === 0) return;
    const most = able.reduce((a, b) => (b.turns > a.turns ? b : a));
    this.members = this.members.filter((member) => member !== most);
    this.places.move(most.vcpu.index, thread);
  }

  private sleep(seen: number): void {
    const { places, index } = this;
    this.crowdedAt = 0;
    this.unequalSince = undefined;
    const left = Math.min(...this.members.map(({ idleUntil }) => idleUntil)) - performance.now();
    if (left * 1e6 < SPIN) return;
    const { present } = places.leastLoaded();
    const alone = present === 1 && places.threads > 1 && this.askedAt !== 1;
    if (places.sleep(index, seen, Math.min(left, alone ? IDLE : LONGEST_WAIT)) && alone && left > IDLE) this.ask(1);
  }
}

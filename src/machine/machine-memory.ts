/** Control words of the whole machine in the shared memory's header. */
import { HeaderLayout } from '../../runtime/layout/memory-layout.js';

/** What the machine was asked to do; HeaderLayout.machineRequest. */
export const MachineRequest = { None: 0, PowerOff: 1, Reset: 2, Stop: 3, Suspend: 4 } as const;
export type MachineRequest = (typeof MachineRequest)[keyof typeof MachineRequest];

const REQUEST = HeaderLayout.offset.machineRequest >> 2;

export class MachineControl {
  private readonly words: Int32Array;

  constructor(memory: WebAssembly.Memory) {
    this.words = new Int32Array(memory.buffer);
  }
  get request(): number {
    return Atomics.load(this.words, REQUEST);
  }
  /** The first request wins, but any other takes the place of Suspend. False when another one was there before. */
  ask(request: MachineRequest): boolean {
    const { None, Suspend } = MachineRequest;
    if (Atomics.compareExchange(this.words, REQUEST, None, request) === None) return true;
    return request !== Suspend && Atomics.compareExchange(this.words, REQUEST, Suspend, request) === Suspend;
  }
  /** Ends a Suspend; another request that has taken its place stays. */
  resume(): void {
    Atomics.compareExchange(this.words, REQUEST, MachineRequest.Suspend, MachineRequest.None);
  }
  clear(): void {
    Atomics.store(this.words, REQUEST, MachineRequest.None);
  }
  set vcpuCount(count: number) {
    Atomics.store(this.words, HeaderLayout.offset.vcpuCount >> 2, count);
  }
}

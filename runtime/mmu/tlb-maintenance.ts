import type { CpuState } from '../../src/arch/cpu-state.js';
import { RegimeKind } from '../../src/arch/translation/index.js';
import { InvalidationKind } from '../layout/broadcast-layout.js';
import type { ContextTable } from './contexts.js';
import type { TlbBroadcaster } from './interfaces.js';
import {
  decodeTlbiRange,
  TlbiForm,
  tlbiOperation,
  type TlbInvalidation,
  type TlbiOperation,
} from './tlb-invalidation.js';
import type { VcpuTlb } from './tlb.js';
import type { TranslationState } from './translation-state.js';

/** A request of no kind in particular. */
export const NOTHING: TlbInvalidation = {
  kind: InvalidationKind.All,
  regime: RegimeKind.El10,
  security: 0,
  vmid: -1,
  asid: 0,
  vaHigh: 0,
  vaLow: 0,
  pages: 0,
};
/** Ranges longer than this cover the whole address space. */
const MAX_PAGES = 2 ** 44;

/** TLBI instructions of one vCPU, and the requests of others that reach it. */
export class TlbMaintenance {
  constructor(
    private readonly cpu: CpuState,
    private readonly tlb: VcpuTlb,
    private readonly contexts: ContextTable,
    private readonly state: TranslationState,
    private readonly broadcaster: TlbBroadcaster,
  ) {}

  /**
   * Executes TLBI `operation` (Arm's name without "TLBI ", for example VAE1IS, or what tlbiOperation gave) with the
   * value of Xt, words as int32.
   */
  tlbi(operation: TlbiOperation | string, valueHigh: number, valueLow: number): void {
    const op = typeof operation === 'string' ? tlbiOperation(operation) : operation;
    if (op === undefined) throw new RangeError(`no TLB maintenance operation is called ${String(operation)}`);
    const invalidation = this.decode(op, valueHigh, valueLow);
    if (invalidation === undefined) return;
    this.apply(invalidation);
    if (op.broadcast || (this.state.forcedBroadcast && this.cpu.field('el') === 1)) this.broadcaster.post(invalidation);
  }

  /** DSB: waits until the other vCPUs have applied what was broadcast. */
  complete(): void {
    this.broadcaster.complete();
  }

  /** Applies a request, this vCPU's own or another's, to this vCPU's TLBs. Only on the owning thread. */
  apply(request: TlbInvalidation): void {
    const { tlb, contexts } = this;
    const { regime, security } = request;
    switch (request.kind) {
      case InvalidationKind.All:
        contexts.drop();
        break;
      case InvalidationKind.Regime:
        contexts.drop(regime, security, request.vmid < 0 ? undefined : request.vmid);
        break;
      case InvalidationKind.Asid:
        contexts.dropAsid(regime, security, request.vmid, request.asid);
        break;
      case InvalidationKind.Address:
        if (request.pages === 1) tlb.invalidateVa(request.vaHigh, request.vaLow);
        else tlb.invalidateRange(request.vaHigh, request.vaLow, request.pages);
        return;
      case InvalidationKind.ProtectPage:
        tlb.protectPage(request.pages);
        return;
      case InvalidationKind.Records:
        tlb.dropRecords(request.pages);
        return;
      default:
        // what is not about translations is not for here
        return;
    }
    this.state.contextsDropped();
  }

  private decode(op: TlbiOperation, valueHigh: number, valueLow: number): TlbInvalidation | undefined {
    const { state } = this;
    if (op.form === TlbiForm.Address) {
      // VA[55:12] in bits 43..0. The TLBs drop the address in every context, so nothing else counts.
      const vaHigh = ((valueHigh & 0xfff) << 12) | (valueLow >>> 20);
      const { regime, security, vmid, asid } = NOTHING;
      return { kind: InvalidationKind.Address, regime, security, vmid, asid, vaHigh, vaLow: valueLow << 12, pages: 1 };
    }
    const el = this.cpu.field('el');
    const security = op.el === 3 ? this.cpu.field('security') & 3 : state.lowerSecurity(el);
    const regime = this.regimeKind(op, el, security);
    // Entries of EL1&0 carry the VMID; the other regimes have none.
    const vmid = regime === RegimeKind.El10 ? state.regimeOf(regime, security).vmid : 0;
    const asid = (valueHigh >>> 16) & state.regimeOf(regime, security).asidMask;
    const base = { ...NOTHING, regime, security, vmid, asid };
    switch (op.form) {
      case TlbiForm.Physical:
        return { ...base, kind: InvalidationKind.All };
      case TlbiForm.All:
        return { ...base, kind: InvalidationKind.Regime, vmid: -1 };
      case TlbiForm.Vmid:
        return { ...base, kind: InvalidationKind.Regime };
      case TlbiForm.Asid:
        return { ...base, kind: InvalidationKind.Asid };
      default: {
        const decoded = state.regimeOf(regime, security);
        const upper = decoded.twoRanges && (valueHigh & 16) !== 0;
        const wideBase = (upper ? decoded.high : decoded.low).ds;
        const range = decodeTlbiRange(valueHigh, valueLow, wideBase, decoded.twoRanges);
        if (range === undefined) return undefined;
        if (range.pages >= MAX_PAGES) return { ...base, kind: InvalidationKind.All };
        return { ...base, ...range, kind: InvalidationKind.Address };
      }
    }
  }

  /** Regime that the operation acts on (AArch64.TLBI_... and SecurityStateAtEL in the pseudocode). */
  private regimeKind(op: TlbiOperation, el: number, security: number): RegimeKind {
    const { state } = this;
    if (op.el === 3) return RegimeKind.El3;
    const host = state.kindFor(0, security) === RegimeKind.El20;
    if (op.el === 2) return state.kindFor(2, security) === RegimeKind.El20 ? RegimeKind.El20 : RegimeKind.El2;
    return host && el >= 2 && !op.virtualMachine ? RegimeKind.El20 : RegimeKind.El10;
  }
}

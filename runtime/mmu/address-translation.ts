import type { CpuState } from '../../src/arch/cpu-state.js';
import { ArchState } from '../../src/arch/state-layout.js';
import { PhysicalAddressSpace } from '../../src/arch/address.js';
import {
  AccessType,
  encodePar,
  faultStatusAtLevel,
  FaultStatus,
  RegimeKind,
  TranslationResult,
  type TranslationRegime,
  type TranslationWalker,
  type WalkOptions,
} from '../../src/arch/translation/index.js';
import type { MmuFault } from './mmu-fault.js';
import type { TranslationState } from './translation-state.js';

const PATTERN = /^S(1|12)E([0123])(R|W)(P?)$/;

interface AtOperation {
  readonly bothStages: boolean;
  /** Exception level in the name. */
  readonly el: number;
  readonly write: boolean;
  readonly pan: boolean;
}

const operations = new Map<string, AtOperation | undefined>();

function operationOf(name: string): AtOperation | undefined {
  if (!operations.has(name)) {
    const match = PATTERN.exec(name);
    operations.set(
      name,
      match === null
        ? undefined
        : { bothStages: match[1] === '12', el: Number(match[2]), write: match[3] === 'W', pan: match[4] === 'P' },
    );
  }
  return operations.get(name);
}

/** Address translation instructions (AT) and translations for a debugger: walks without TLB fills or updates. */
export class AddressTranslation {
  private readonly result = new TranslationResult();
  private readonly options: WalkOptions = {
    access: AccessType.Read,
    privileged: true,
    pan: false,
    update: false,
    stage1Only: false,
  };

  constructor(
    private readonly cpu: CpuState,
    private readonly state: TranslationState,
    private readonly walker: TranslationWalker,
  ) {}

  /**
   * Performs AT `name` (Arm's name without "AT ": S1E1R, S12E0W, S1E1RP, ...).
   * @returns the value for PAR_EL1; undefined when the instruction itself takes an exception, described in `fault`:
   *   an External abort on the walk, or a stage 2 fault on a stage 1 walk made from EL1.
   */
  translate(name: string, address: bigint, fault: MmuFault): bigint | undefined {
    const operation = operationOf(name);
    if (operation === undefined) throw new RangeError(`no address translation operation is called ${name}`);
    const { options, result, state } = this;
    const el = this.cpu.field('el');
    const regime = this.regimeFor(operation, el);
    options.access = operation.write ? AccessType.Write : AccessType.Read;
    options.privileged = operation.el !== 0;
    options.pan = operation.pan && this.cpu.field('pan') !== 0 && !regime.nestedEl1;
    options.stage1Only = !operation.bothStages;
    const translated = this.walk(regime, address);
    if (!translated) {
      const external = result.fault === faultStatusAtLevel(FaultStatus.ExternalOnWalk, result.level);
      if (external || (result.stage1Walk && el === 1)) {
        this.describe(fault, address);
        return undefined;
      }
    }
    return encodePar(translated, result, state.features.rme);
  }

  /** Translates a data address of the current EL for inspection; undefined when it does not translate. */
  inspect(address: bigint): TranslationResult | undefined {
    const { options, state } = this;
    options.access = AccessType.Read;
    options.privileged = true;
    options.pan = false;
    options.stage1Only = false;
    return this.walk(state.regime, address) ? this.result : undefined;
  }

  private walk(regime: TranslationRegime, address: bigint): boolean {
    const high = Number(BigInt.asIntN(32, address >> 32n));
    const low = Number(BigInt.asIntN(32, address));
    return this.walker.translate(regime, high, low, this.options, this.result);
  }

  private regimeFor(operation: AtOperation, el: number): TranslationRegime {
    const { state } = this;
    if (operation.el === 3) return state.regimeOf(RegimeKind.El3, this.cpu.u32[ArchState.offset.security >> 2] & 3);
    const security = state.lowerSecurity(el);
    if (operation.el === 2) return state.regimeOf(state.kindFor(2, security), security);
    // With HCR_EL2.{E2H, TGE} = {1, 1} operations on EL1 from EL2 and EL3 act on the EL2&0 regime.
    const host = el >= 2 && state.kindFor(0, security) === RegimeKind.El20;
    return state.regimeOf(host ? RegimeKind.El20 : RegimeKind.El10, security);
  }

  private describe(fault: MmuFault, address: bigint): void {
    const { result } = this;
    fault.status = result.fault;
    fault.watchpoint = false;
    fault.fetch = false;
    fault.write = this.options.access === AccessType.Write;
    fault.level = result.level;
    fault.stage2 = result.stage2;
    fault.stage1Walk = result.stage1Walk;
    fault.vaHigh = Number(BigInt.asIntN(32, address >> 32n));
    fault.vaLow = Number(BigInt.asIntN(32, address));
    fault.ipa = result.stage2 ? result.ipa : 0;
    fault.ipaSpace = result.stage2 ? result.ipaSpace : PhysicalAddressSpace.NonSecure;
  }
}

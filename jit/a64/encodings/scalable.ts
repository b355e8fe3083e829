/** The encoding spaces of the scalable extensions, which this emulator does not offer (Arm ARM, C4.1: op0). */
import { enc } from '../encoding.js';

export const scalable = [
  enc('SVE', 'op0:3 0010 op1:25', 'sve', '.inst {word} // sve', { feature: 'FEAT_SVE', notImplemented: true }),
  enc('SME', '1 op0:2 0000 op1:25', 'sme', '.inst {word} // sme', { feature: 'FEAT_SME', notImplemented: true }),
];

/**
 * Generated pages are what the tables give; `npm run docs` brings them up to date. ULNA_RECORD='QEMU...' records QEMU's
 * identification registers again, of one or more qemu-system-aarch64 programs, oldest first.
 */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { CPU_DEFINITIONS } from '../../../src/arch/features/cpu-models.js';
import { CPU_MODEL_NAMES } from '../../../src/arch/features/cpu-model.js';
import { IMPLEMENTED_FEATURES } from '../../../src/arch/features/implemented.js';
import { WITHHELD } from '../../../src/arch/features/withheld.js';
import { featuresPage } from './features-page.js';
import { compareIdentification, explanationOf, unusedExplanations } from './id-registers.js';
import { countVectors, instructionsPage } from './instructions-page.js';
import { record } from './record-id-registers.js';
import { registersPage } from './registers-page.js';

const recorders = process.env['ULNA_RECORD']?.split(' ');
if (recorders !== undefined) record(recorders);

const path = (name: string): string => fileURLToPath(new URL(`../../../${name}`, import.meta.url));

describe('generated pages', () => {
  it('jit/INSTRUCTIONS.md is up to date (npm run docs)', async () => {
    await expect(instructionsPage(countVectors())).toMatchFileSnapshot(path('jit/INSTRUCTIONS.md'));
  });

  it('src/arch/REGISTERS.md is up to date (npm run docs)', async () => {
    await expect(registersPage()).toMatchFileSnapshot(path('src/arch/REGISTERS.md'));
  });

  it('src/arch/FEATURES.md is up to date (npm run docs)', async () => {
    await expect(featuresPage()).toMatchFileSnapshot(path('src/arch/FEATURES.md'));
  });
});

describe('identification registers', () => {
  const differences = CPU_MODEL_NAMES.flatMap((model) => compareIdentification(model).differences);

  it('differ from QEMU only where it is said why', () => {
    const unexplained = differences.filter((place) => explanationOf(place) === undefined);
    expect(unexplained).toEqual([]);
  });

  it('have no explanation that is out of date', () => {
    expect(unusedExplanations(differences)).toEqual([]);
  });
});

describe('withheld features', () => {
  it('are those that a CPU model names and Ulna does not carry out', () => {
    const named = new Set(CPU_MODEL_NAMES.flatMap((model) => CPU_DEFINITIONS[model].features));
    const missing = [...named].filter((feature) => !IMPLEMENTED_FEATURES.has(feature)).sort();
    expect(Object.keys(WITHHELD).sort()).toEqual(missing);
  });
});

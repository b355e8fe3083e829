/** The short form of the witnesses, on one CPU model and without QEMU: answers that the host computes, or Python knows. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { silentProgress } from '../../guest/index.js';
import { buildImage } from './image.js';
import { runOnUlna } from './machines.js';
import { judge } from './witness.js';
import { SHORT_WITNESSES } from './witnesses/index.js';

it("Debian's openssl, python3 and sqlite3 give right answers", async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ulna-userland-'));
  try {
    const image = await buildImage(SHORT_WITNESSES, folder, silentProgress);
    const names = SHORT_WITNESSES.map((witness) => witness.name);
    const listener = { onEnd: () => undefined, onText: () => undefined };
    const run = await runOnUlna(image, 'cortex-a57', 1, names, 1500, folder, listener);
    expect(run).toMatchObject({ status: 0, errors: '' });
    for (const witness of SHORT_WITNESSES) {
      const testimony = run.testimonies.get(witness.name);
      expect(testimony).toBeDefined();
      expect(judge(witness, testimony!)).toEqual([]);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 1_600_000);

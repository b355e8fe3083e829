/** Kernel and initramfs with the programs and jobs of the suite. */
import { readFile } from 'node:fs/promises';
import { createProgress, defaultGuest, type ExtraFile, type Guest } from '../../guest/index.js';
import { buildProgram, programText } from '../../guest/programs.js';
import { type Program, scaledRounds, selectPrograms } from './programs.js';

const FOLDER = '/bench';
/** How many compilers run at once. */
const COMPILERS = 2;

const encoder = new TextEncoder();
const script = (path: string, source: string): ExtraFile => ({
  path: `${FOLDER}/${path}`, content: encoder.encode(programText(source)), mode: 0o755,
});

async function guestFiles(program: Program): Promise<ExtraFile[]> {
  if (program.group === 'boot') return [];
  const further = (program.files ?? []).map((name) => script(name, name));
  if (program.build === undefined) return [script(program.name, `${program.name}.sh`), ...further];
  const content = await readFile(await buildProgram(program.build));
  return [{ path: `${FOLDER}/${program.name}`, content, mode: 0o755 }, ...further];
}

/** Debian packages that the programs need. */
const packagesOf = (programs: readonly Program[]): string[] => [
  ...new Set(programs.flatMap((program) => program.packages ?? [])),
];

/**
 * The guest that runs `programs`. All programs that the machine may run are in the initramfs whatever is chosen, so that
 * a choice does not change what the boot does; the choice is on the kernel's command line.
 */
export async function suiteGuest(
  programs: readonly Program[], suite: string, scale: number, smp: number,
): Promise<Guest> {
  const packages = packagesOf(programs);
  const present = selectPrograms([], { packages: packages.length > 0, parallel: smp > 1 }).programs;
  const files = [script('run', 'run.sh'), script('job.sh', 'job.sh')];
  for (let i = 0; i < present.length; i += COMPILERS) {
    files.push(...(await Promise.all(present.slice(i, i + COMPILERS).map(guestFiles))).flat());
  }
  const progress = createProgress(process.stderr);
  const guest = await defaultGuest({
    suite, files, compression: 'none', progress, ...(packages.length ? { packages } : {}),
  });
  progress.finish();
  const plan = programs
    .filter((program) => program.group !== 'boot')
    .map((program) => `${program.name}:${scaledRounds(program, scale)}`);
  // panic=-1 makes a panic end the machine at once, where --no-reboot is given.
  const append = `${guest.append} quiet panic=-1 ulna_run=${FOLDER}/run bench_plan=${plan.join(',')}`;
  return { ...guest, append };
}

/** `--fast`: snapshots that `ulna boot` keeps by itself, in the user's cache. */
import { readdirSync, existsSync, rmSync, statSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { MachineConfig } from '../config/machine-config.js';
import type { MachineHandle, MachineIo, MachineModule } from '../machine/machine-api.js';
import { ConfigurationError } from '../support/errors.js';
import { SNAPSHOT_SUFFIX } from './fast-key.js';
import { IdleWatch } from './idle-watch.js';

/** Files that are kept, those used last. */
const MOST_FILES = 8;
/** How often the guest is looked at, milliseconds. */
const INTERVAL = 250;

export class FastStart {
  private readonly watch = new IdleWatch();
  private timer: NodeJS.Timeout | undefined;

  /** @param path of the snapshot for this configuration, whether or not it is there */
  constructor(private readonly path: string, private readonly clock: () => number, private readonly io: MachineIo) {}

  /** Starts from the snapshot if there is one, else from the beginning; then the snapshot is made when the guest waits for input. */
  async start(config: MachineConfig, { startMachine }: MachineModule): Promise<MachineHandle> {
    if (existsSync(this.path)) {
      try {
        const machine = await startMachine({ ...config, restore: this.path }, this.io);
        keepRecent(this.path);
        return machine;
      } catch (error) {
        if (!(error instanceof ConfigurationError)) throw error;
        this.io.log(`--fast: ${error.message}; it is dropped, and the guest boots`);
        rmSync(this.path, { force: true });
      }
    }
    const machine = await startMachine(config, this.io);
    this.timer = setInterval(() => {
      if (!this.watch.look({ instructions: machine.counters().instructions, seconds: this.clock() })) return;
      this.stop();
      machine.saveSnapshot(this.path).then(
        () => keepRecent(this.path),
        (error: Error) => this.io.log(`--fast: ${error.message}`),
      );
    }, INTERVAL);
    this.timer.unref();
    return machine;
  }

  /** The guest has printed something. */
  printed(bytes: Uint8Array): void {
    this.watch.push(bytes);
  }

  /** No snapshot is made any more: the guest has got input, or the run ends. */
  stop(): void {
    clearInterval(this.timer);
  }
}

/** Notes that a snapshot was used or made, and removes those that were not for longest. */
function keepRecent(path: string): void {
  const folder = dirname(path);
  try {
    const now = new Date();
    utimesSync(path, now, now);
    const files = readdirSync(folder).filter((name) => name.endsWith(SNAPSHOT_SUFFIX)).map((name) => {
      const file = join(folder, name);
      return { file, used: statSync(file).mtimeMs };
    });
    files.sort((a, b) => b.used - a.used);
    for (const { file } of files.slice(MOST_FILES)) rmSync(file, { force: true });
  } catch {
    // another process has removed some
  }
}

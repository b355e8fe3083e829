/** The console on the terminal: keys to the guest, escape keys and the monitor's prompt to us. */
import { ESCAPE_HELP, EscapeKeys } from './escape-keys.js';
import { LineEditor } from './line-editor.js';
import type { MachineHandle } from '../machine/machine-api.js';

const PROMPT = '(ulna) ';

const MONITOR_HELP = [
  'info registers         registers of one vCPU',
  'info registers -a      the same of all vCPUs',
  'info cpus              the vCPUs',
  'cpu N                  the vCPU that info registers is about',
  'info mtree             memory map',
  'info qtree             serial lines and virtio devices',
  'snapshot save FILE     the whole machine, to go back to: here, or with --restore',
  'snapshot restore FILE  go back to a snapshot',
  'system_powerdown       press the power key',
  'system_reset           reset the machine',
  'quit                   end the machine',
  'help                   this help; Ctrl-A c goes back to the console',
].join('\n');

export class ConsoleSession {
  private readonly keys = new EscapeKeys();
  private readonly editor: LineEditor;
  private inMonitor = false;
  /** Monitor commands are answered in the order in which they were typed. */
  private answering: Promise<void> = Promise.resolve();

  constructor(
    private readonly machine: Pick<MachineHandle, 'monitor' | 'write'>,
    private readonly line: number,
    private readonly show: (text: string) => void,
    private readonly quit: () => void,
  ) {
    this.editor = new LineEditor(PROMPT, show, (text) => this.command(text));
  }

  /** Takes typed bytes. */
  input(bytes: Uint8Array): void {
    for (const action of this.keys.push(bytes)) {
      switch (action.kind) {
        case 'input':
          if (this.inMonitor) this.editor.push(action.bytes);
          else this.machine.write(action.bytes, this.line);
          break;
        case 'quit':
          this.quit();
          return;
        case 'help':
          this.show(`\n${ESCAPE_HELP}`);
          break;
        case 'toggle-monitor':
          this.inMonitor = !this.inMonitor;
          this.show('\n');
          if (this.inMonitor) {
            this.show('Ulna monitor; help lists its commands\n');
            this.editor.begin();
          }
          break;
      }
    }
  }

  private command(text: string): void {
    this.answering = this.answering.then(async () => {
      if (text === 'quit' || text === 'q') {
        this.quit();
        return;
      }
      if (text !== '') this.show(await this.answer(text));
      if (this.inMonitor) this.editor.begin();
    });
  }

  private async answer(text: string): Promise<string> {
    if (text === 'help' || text === '?') return `${MONITOR_HELP}\n`;
    try {
      const answer = await this.machine.monitor(text);
      return answer === '' || answer.endsWith('\n') ? answer : `${answer}\n`;
    } catch (error) {
      return `${error instanceof Error ? error.message : String(error)}\n`;
    }
  }
}

/** The console's escape key: Ctrl-A and a letter, as QEMU's -nographic has it. */

export type ConsoleAction =
  | { readonly kind: 'input'; readonly bytes: Uint8Array }
  | { readonly kind: 'quit' }
  | { readonly kind: 'toggle-monitor' }
  | { readonly kind: 'help' };

const CTRL_A = 0x01;

export const ESCAPE_HELP = [
  'Ctrl-A h  this help',
  'Ctrl-A x  quit',
  'Ctrl-A c  switch between the console and the monitor',
  'Ctrl-A a  send Ctrl-A to the guest',
  '',
].join('\n');

/** Splits typed bytes into what goes to the guest (or the monitor) and what is meant for us. */
export class EscapeKeys {
  private escaped = false;

  /** Takes the next typed bytes; a Ctrl-A at their end waits for the next call. */
  push(bytes: Uint8Array): ConsoleAction[] {
    const actions: ConsoleAction[] = [];
    let plain: number[] = [];
    const flush = () => {
      if (plain.length > 0) actions.push({ kind: 'input', bytes: Uint8Array.from(plain) });
      plain = [];
    };
    for (const byte of bytes) {
      if (!this.escaped) {
        if (byte === CTRL_A) this.escaped = true;
        else plain.push(byte);
        continue;
      }
      this.escaped = false;
      const action = EscapeKeys.actionOf(byte);
      if (action === 'send') {
        plain.push(CTRL_A);
      } else if (action) {
        flush();
        actions.push({ kind: action });
      }
    }
    flush();
    return actions;
  }

  private static actionOf(byte: number): 'quit' | 'toggle-monitor' | 'help' | 'send' | undefined {
    switch (String.fromCharCode(byte)) {
      case 'x':
      case 'X':
        return 'quit';
      case 'c':
      case 'C':
        return 'toggle-monitor';
      case 'h':
      case 'H':
      case '?':
        return 'help';
      case 'a':
      case 'A':
      case '\x01':
        return 'send';
      default:
        return undefined;
    }
  }
}

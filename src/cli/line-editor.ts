/** A one-line editor for a terminal in raw mode: echo, backspace, Ctrl-U, Ctrl-W, Ctrl-C; the rest is ignored. */
export class LineEditor {
  private line = '';
  private skippingEscape = false;
  private readonly decoder = new TextDecoder();

  constructor(
    private readonly prompt: string,
    private readonly write: (text: string) => void,
    private readonly onLine: (line: string) => void,
  ) {}

  /** Starts on a fresh line. */
  begin(): void {
    this.line = '';
    this.write(this.prompt);
  }

  /** Takes typed bytes. */
  push(bytes: Uint8Array): void {
    for (const character of this.decoder.decode(bytes, { stream: true })) this.key(character);
  }

  private key(character: string): void {
    if (this.skippingEscape) {
      // An escape sequence (cursor keys) ends with a letter or '~'; '[' and 'O' only introduce it.
      this.skippingEscape = !/[A-Za-z~]/.test(character) || character === 'O';
      return;
    }
    switch (character) {
      case '\r':
      case '\n': {
        const line = this.line.trim();
        this.line = '';
        this.write('\n');
        this.onLine(line);
        return;
      }
      case '\b':
      case '\x7f':
        this.erase(1);
        return;
      case '\x15':
        this.erase(this.line.length);
        return;
      case '\x17':
        this.erase(this.line.length - this.line.replace(/\S+\s*$/, '').length);
        return;
      case '\x03':
        this.write('^C\n');
        this.begin();
        return;
      case '\x1b':
        this.skippingEscape = true;
        return;
      default:
        if (character < ' ') return;
        this.line += character;
        this.write(character);
    }
  }

  private erase(count: number): void {
    const erased = Math.min(count, this.line.length);
    this.line = this.line.slice(0, this.line.length - erased);
    this.write('\b \b'.repeat(erased));
  }
}

import { ConfigurationError } from '../support/errors.js';

/** The other end of a serial line. */
export type SerialConfig =
  /** The terminal; `monitor`: Ctrl-A c reaches the monitor there. */
  | { readonly kind: 'stdio'; readonly monitor: boolean }
  | { readonly kind: 'file'; readonly path: string; readonly append: boolean }
  | { readonly kind: 'unix'; readonly path: string; readonly server: boolean; readonly wait: boolean }
  | {
      readonly kind: 'tcp';
      readonly host: string;
      readonly port: number;
      readonly server: boolean;
      readonly wait: boolean;
    }
  | { readonly kind: 'null' };

const FORMS = 'stdio, mon:stdio, null, file:F, unix:F or tcp:H:P';

/**
 * `stdio`, `mon:stdio`, `null` (`none`), `file:F[,append=on]`, `unix:F[,server][,wait=off]` or
 * `tcp:H:P[,server][,wait=off]`.
 */
export function parseSerial(text: string): SerialConfig {
  const fail = (reason: string): never => {
    throw new ConfigurationError(`--serial ${text}: ${reason}`);
  };
  const [target, ...options] = text.split(/,(?=(?:append|server|wait|nowait|nodelay)\b)/);
  const switches = new Map<string, boolean>();
  for (const option of options) {
    const match = /^(append|server|wait|nowait|nodelay)(?:=(on|off))?$/.exec(option);
    if (match === null) return fail(`bad option '${option}'`);
    const on = match[2] !== 'off';
    if (match[1] === 'nowait') switches.set('wait', !on);
    else switches.set(match[1], on);
  }
  const colon = target.indexOf(':');
  const kind = colon < 0 ? target : target.slice(0, colon);
  const rest = colon < 0 ? '' : target.slice(colon + 1);
  const allow = (...names: string[]): void => {
    for (const name of switches.keys()) {
      if (!names.includes(name)) fail(`'${name}' does not apply to ${kind}`);
    }
  };
  const socket = (): { server: boolean; wait: boolean } => {
    allow('server', 'wait', 'nodelay');
    const server = switches.get('server') ?? false;
    return { server, wait: server && (switches.get('wait') ?? true) };
  };
  if (target === 'stdio' || target === 'mon:stdio') {
    allow();
    return { kind: 'stdio', monitor: true };
  }
  if (target === 'null' || target === 'none') {
    allow();
    return { kind: 'null' };
  }
  if (kind === 'file' && colon >= 0) {
    allow('append');
    if (rest === '') fail('a file name is missing');
    return { kind: 'file', path: rest, append: switches.get('append') ?? false };
  }
  if (kind === 'unix' && colon >= 0) {
    if (rest === '') fail('a socket name is missing');
    return { kind: 'unix', path: rest, ...socket() };
  }
  if (kind === 'tcp' && colon >= 0) {
    const match = /^(\[[0-9a-fA-F:.]+\]|[^:[\]]*):([0-9]+)$/.exec(rest);
    if (match === null) return fail('write tcp:HOST:PORT');
    const port = Number(match[2]);
    if (port < 1 || port > 65535) fail('the port is 1 to 65535');
    return { kind: 'tcp', host: match[1].replace(/^\[|\]$/g, '') || 'localhost', port, ...socket() };
  }
  return fail(`unknown; write ${FORMS}`);
}

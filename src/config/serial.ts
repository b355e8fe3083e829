import type { CharacterSpec } from '../support/character-spec.js';
import { ConfigurationError } from '../support/errors.js';

const FORMS = 'stdio, mon:stdio, null, file:F, unix:F or tcp:H:P';

/** Switches behind a backend's name, each `KEY[=on|off]`; QEMU's old `nowait` is `wait=off`. */
function switches(
  options: readonly string[], allowed: readonly string[], fail: (reason: string) => never,
): (key: string, otherwise: boolean) => boolean {
  const given = new Map<string, boolean>();
  for (const option of options) {
    const match = /^([a-z]+)(?:=(.*))?$/.exec(option);
    const old = option === 'nowait' && allowed.includes('wait');
    const key = old ? 'wait' : (match?.[1] ?? option);
    if (match === null || !allowed.includes(key)) {
      return fail(`unknown option '${option}'; known are ${allowed.join(', ')}`);
    }
    const text = match[2] ?? 'on';
    if (text !== 'on' && text !== 'off') return fail(`'${key}' is on or off, not '${text}'`);
    if (given.has(key)) return fail(`'${key}' is given twice`);
    given.set(key, (text === 'on') !== old);
  }
  return (key, otherwise) => given.get(key) ?? otherwise;
}

/**
 * `stdio`, `mon:stdio`, `null` (`none`), `file:F[,append=on]`, `unix:F[,server=on][,wait=off]` or
 * `tcp:H:P[,server=on][,wait=off][,nodelay=off]`. A socket connects unless `server=on` is given, and a server waits for
 * its first client unless `wait=off` is (QEMU's invocation manual, -serial). Without a host, it is 127.0.0.1.
 * @param option the option's name, for messages
 */
export function parseSerial(text: string, option = '--serial'): CharacterSpec {
  const fail = (reason: string): never => {
    throw new ConfigurationError(`${option} ${text}: ${reason}`);
  };
  switch (text) {
    case 'stdio':
    case 'mon:stdio':
      return { kind: 'stdio' };
    case 'null':
    case 'none':
      return { kind: 'null' };
    default:
  }
  const colon = text.indexOf(':');
  const rest = text.slice(colon + 1);
  switch (colon < 0 ? '' : text.slice(0, colon)) {
    case 'file': {
      // A comma may be part of the name.
      const [, path, options] = /^(.*?)((?:,append(?:=[^,]*)?)*)$/s.exec(rest)!;
      const get = switches(options.split(',').slice(1), ['append'], fail);
      if (path === '') fail('a file name is missing');
      return { kind: 'file', path, append: get('append', false) };
    }
    case 'unix': {
      const [path, ...options] = rest.split(',');
      const get = switches(options, ['server', 'wait'], fail);
      if (path === '') fail('a socket name is missing');
      return { kind: 'unix', path, ...serverAndWait(get, fail) };
    }
    case 'tcp': {
      const [where, ...options] = rest.split(',');
      const get = switches(options, ['server', 'wait', 'nodelay'], fail);
      const match = /^(\[[0-9a-fA-F:.]+\]|[^:[\]]*):([0-9]+)$/.exec(where);
      if (match === null) return fail('write tcp:HOST:PORT');
      const port = Number(match[2]);
      if (port < 1 || port > 65535) fail('the port is 1 to 65535');
      const host = match[1].replace(/^\[|\]$/g, '') || '127.0.0.1';
      return { kind: 'tcp', host, port, ...serverAndWait(get, fail), noDelay: get('nodelay', true) };
    }
    default:
      return fail(`unknown; write ${FORMS}`);
  }
}

function serverAndWait(
  get: (key: string, otherwise: boolean) => boolean, fail: (reason: string) => never,
): { server: boolean; wait: boolean } {
  const server = get('server', false);
  if (!server && get('wait', false)) return fail("'wait' is for a server");
  return { server, wait: server && get('wait', true) };
}

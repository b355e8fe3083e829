import type { Readable, Writable } from 'node:stream';
import { ConfigurationError } from '../../src/support/errors.js';
import type { CharacterBackend } from './character-backend.js';
import { FileBackend } from './file-backend.js';
import { NullBackend } from './null-backend.js';
import { SocketBackend, type SocketAddress } from './socket-backend.js';
import { StreamBackend } from './stream-backend.js';

/** What a serial line is connected to. */
export type CharacterSpec =
  | { readonly kind: 'stdio' }
  | { readonly kind: 'null' }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'socket'; readonly address: SocketAddress; readonly server: boolean; readonly wait: boolean };

/** Shape of the argument, for help texts. */
export const CHARACTER_SPEC_FORMS = 'stdio|null|file:F|unix:F[,server=on|off][,wait=on|off]|tcp:H:P[,...]';

/**
 * Reads `stdio`, `null`, `file:F`, `unix:F` or `tcp:H:P`. Sockets listen unless `server=off` is given, and the machine
 * starts without a client unless `wait=on` is. (QEMU connects unless told `server=on`, and then waits.) `none` means
 * `null`. Throws ConfigurationError.
 */
export function parseCharacterSpec(text: string): CharacterSpec {
  const colon = text.indexOf(':');
  const kind = colon < 0 ? text : text.slice(0, colon);
  const rest = colon < 0 ? '' : text.slice(colon + 1);
  const fail = (why: string): never => {
    throw new ConfigurationError(`bad serial line '${text}': ${why}`);
  };
  switch (kind) {
    case 'stdio':
      return colon < 0 ? { kind } : fail('stdio takes no argument');
    case 'null':
    case 'none':
      return colon < 0 ? { kind: 'null' } : fail(`${kind} takes no argument`);
    case 'file':
      return rest === '' ? fail('file name missing') : { kind, path: rest };
    case 'unix':
    case 'tcp': {
      const [where, ...options] = rest.split(',');
      let server = true;
      let wait = false;
      for (const option of options) {
        const match = /^(server|wait)(?:=(on|off))?$/.exec(option) ?? fail(`unknown option '${option}'`);
        const on = match[2] !== 'off';
        if (match[1] === 'server') server = on;
        else wait = on;
      }
      if (kind === 'unix') {
        return where === '' ? fail('path missing') : { kind: 'socket', address: { path: where }, server, wait };
      }
      const match = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(where) ?? fail('expected tcp:HOST:PORT');
      const port = Number(match[3]);
      if (port > 65535) fail('port above 65535');
      const host = (match[1] ?? match[2]) || '127.0.0.1';
      return { kind: 'socket', address: { host, port }, server, wait };
    }
    default:
      return fail(`expected ${CHARACTER_SPEC_FORMS}`);
  }
}

/** Opens what `spec` names, waiting for the first client where it says so. Rejects with ConfigurationError. */
export async function openCharacterBackend(
  spec: CharacterSpec, stdio: { readonly input: Readable; readonly output: Writable },
): Promise<CharacterBackend> {
  switch (spec.kind) {
    case 'stdio': return new StreamBackend(stdio.input, stdio.output);
    case 'null': return new NullBackend();
    case 'file': return new FileBackend(spec.path);
    case 'socket': {
      if (!spec.server) return SocketBackend.connect(spec.address);
      const backend = await SocketBackend.listen(spec.address);
      if (spec.wait) await backend.connected;
      return backend;
    }
  }
}

import type { CharacterSpec } from '../../src/support/character-spec.js';
import type { CharacterBackend } from './character-backend.js';
import { FileBackend } from './file-backend.js';
import { NullBackend } from './null-backend.js';
import { SocketBackend, type SocketAddress } from './socket-backend.js';

/** What opening needs from who asks for it. */
export interface CharacterOpening {
  /** Makes the backend of `stdio`. */
  stdio(): CharacterBackend;
  /** A remark for the user, one line. */
  log(line: string): void;
}

/** Opens what `spec` names, waiting for the first client where it says so. Rejects with ConfigurationError. */
export async function openCharacterBackend(spec: CharacterSpec, opening: CharacterOpening): Promise<CharacterBackend> {
  switch (spec.kind) {
    case 'stdio': return opening.stdio();
    case 'null': return new NullBackend();
    case 'file': return new FileBackend(spec.path, spec.append, (line) => opening.log(line));
    default: {
      const address: SocketAddress = spec.kind === 'unix' ? { path: spec.path } : { host: spec.host, port: spec.port };
      const noDelay = spec.kind === 'tcp' && spec.noDelay;
      if (!spec.server) return SocketBackend.connect(address, noDelay);
      const backend = await SocketBackend.listen(address, noDelay);
      if (spec.wait) {
        opening.log(`waiting for a connection on ${backend.where}`);
        await backend.connected;
      }
      return backend;
    }
  }
}

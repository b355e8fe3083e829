import type { CharacterBackend } from './character-backend.js';
import { FileBackend } from './file-backend.js';
import { NullBackend } from './null-backend.js';
import { SocketBackend, type SocketAddress } from './socket-backend.js';

/** What a character line is connected to at its outside end. */
export type CharacterSpec =
  | { readonly kind: 'stdio' }
  | { readonly kind: 'null' }
  /** With `append`, what the file holds already stays. */
  | { readonly kind: 'file'; readonly path: string; readonly append: boolean }
  /** A server listens, and with `wait` is not ready before its first client; a client connects at once. */
  | { readonly kind: 'unix'; readonly path: string; readonly server: boolean; readonly wait: boolean }
  | {
      readonly kind: 'tcp';
      readonly host: string;
      /** 0..65535; a server on port 0 takes any. */
      readonly port: number;
      readonly server: boolean;
      readonly wait: boolean;
      /** Small pieces are sent at once (TCP_NODELAY). */
      readonly noDelay: boolean;
    };

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

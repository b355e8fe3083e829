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

/** What the process's exit status says; README.md repeats this table and a test compares the two. */
export const ExitStatus = {
  /** The guest powered off, was reset under --no-reboot, or the user quit. */
  success: 0,
  /** A replay is not what was recorded; one line says where. */
  different: 1,
  /** The command line, or a file it names, cannot be used: one line on stderr says why. */
  configuration: 2,
  /** The guest's kernel panicked and does not reboot (or rebooted under --no-reboot). */
  panic: 3,
  /** --timeout ran out. */
  timeout: 4,
  /** A fault of the emulator itself; ULNA_DEBUG=1 shows the stack. */
  internal: 70,
} as const;

/** Status of a process that ends by a signal, as shells have it. */
export function signalStatus(signal: number): number {
  return 128 + signal;
}

/** Number of SIGPIPE, which writing to a closed pipe stands for. */
export const SIGPIPE = 13;

/** What the user asked for cannot be done; the message is one line and the process ends with status 2. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

/** The emulator met something it does not implement; names the PC and the instruction word where it has them. */
export class UnimplementedError extends Error {
  override readonly name = 'UnimplementedError';
}

/** Computations that generated code leaves to TypeScript (Emitter.compute), with operands and results in `scratch`. */
export const ComputeId = {
  /** scratch[0] = ComputePAC(data scratch[0], modifier scratch[1], key low scratch[2], key high scratch[3]). */
  pointerAuthenticationCode: 1,
} as const;

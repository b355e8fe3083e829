/** What the rest of the program uses of guest/. */
export { assembleProgram, type AssembleOptions, type AssembledProgram } from './assemble.js';
export { cacheRoot } from './cache.js';
export { DEFAULT_KERNEL_PACKAGE, DEFAULT_SUITE, defaultGuest, type Guest, type GuestOptions } from './default-guest.js';
export { USERSPACE_MARKER } from './init-script.js';
export { buildInitramfs, type ExtraFile, type InitramfsOptions } from './initramfs.js';
export { findKernel, type KernelFiles } from './kernel-files.js';
export { type KernelModule, resolveModules } from './kernel-modules.js';
export { fetchPackages, type FetchedPackage, type FetchOptions, fetchWithDependencies } from './packages.js';
export { createProgress, type Progress, type ProgressStream, silentProgress } from './progress.js';

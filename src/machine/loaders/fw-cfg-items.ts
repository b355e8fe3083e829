import { viewOf } from './file.js';

/** Selector keys of the fw_cfg items that hand a kernel to firmware (QEMU's standard-headers/linux/qemu_fw_cfg.h). */
export const FwCfgKey = {
  kernelSize: 0x08,
  initrdSize: 0x0b,
  kernelData: 0x11,
  initrdData: 0x12,
  commandLineSize: 0x14,
  commandLineData: 0x15,
} as const;

export interface FwCfgItem {
  readonly key: number;
  readonly bytes: Uint8Array;
}

function size(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  viewOf(bytes).setUint32(0, value, true);
  return bytes;
}

/** The items for a kernel, an initrd and a command line. */
export function fwCfgBootItems(kernel: Uint8Array, initrd: Uint8Array | undefined, commandLine: string): FwCfgItem[] {
  const text = new TextEncoder().encode(`${commandLine}\0`);
  return [
    { key: FwCfgKey.kernelSize, bytes: size(kernel.length) },
    { key: FwCfgKey.kernelData, bytes: kernel },
    ...(initrd === undefined ? [] : [
      { key: FwCfgKey.initrdSize, bytes: size(initrd.length) },
      { key: FwCfgKey.initrdData, bytes: initrd },
    ]),
    { key: FwCfgKey.commandLineSize, bytes: size(text.length) },
    { key: FwCfgKey.commandLineData, bytes: text },
  ];
}

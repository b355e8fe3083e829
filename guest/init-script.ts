/** What runs as process 1 in our initramfs: a shell script for BusyBox. */

/** Printed on the console, followed by the kernel's release, when userspace runs. */
export const USERSPACE_MARKER = 'ULNA-USERSPACE-READY';

export interface InitScriptOptions {
  readonly hostname: string;
  /** Names of the modules in /lib/modules/ulna, in the order to load them. */
  readonly modules: readonly string[];
}

/** Folder of the modules in the initramfs. */
export const MODULE_FOLDER = 'lib/modules/ulna';

/**
 * The script. BusyBox's halt, poweroff and reboot signal process 1 with USR1, USR2 and TERM (its init.c); the traps do
 * what they ask. `ulna_run=COMMAND` on the kernel's command line reaches us as an environment variable (the kernel's
 * rule for parameters it does not know, Documentation/admin-guide/kernel-parameters.rst) and runs before the shell.
 */
export function initScript(options: InitScriptOptions): string {
  const insmod = options.modules.map((name) => `insmod /${MODULE_FOLDER}/${name}.ko`);
  return [
    '#!/bin/busybox sh',
    'export PATH=/bin:/sbin:/usr/bin:/usr/sbin HOME=/root TERM=${TERM:-vt100}',
    '[ "$TERM" = linux ] && TERM=vt100',
    '/bin/busybox --install -s',
    'mount -t proc proc /proc',
    'mount -t sysfs sysfs /sys',
    'mount -t devtmpfs devtmpfs /dev 2>/dev/null',
    'mkdir -p /dev/pts /dev/shm /run',
    'mount -t devpts devpts /dev/pts 2>/dev/null',
    'mount -t tmpfs tmpfs /tmp',
    'mount -t tmpfs tmpfs /run',
    `hostname ${options.hostname}`,
    'ip link set lo up 2>/dev/null',
    ...insmod,
    'finish() { trap "" USR1 USR2 TERM; kill -TERM -1; sync; umount -a -r 2>/dev/null; "$1" -f; }',
    "trap 'finish halt' USR1",
    "trap 'finish poweroff' USR2",
    "trap 'finish reboot' TERM",
    `echo "${USERSPACE_MARKER} $(uname -r)"`,
    '[ -n "$ulna_run" ] && sh -c "$ulna_run"',
    'while :; do',
    '  setsid cttyhack sh -l </dev/console >/dev/console 2>&1 &',
    '  wait $!',
    'done',
    '',
  ].join('\n');
}

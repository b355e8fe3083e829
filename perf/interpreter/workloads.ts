/** What the interpreter's frequent sequences are chosen on: several kernels, firmware, and userland of many kinds. */

export interface Workload {
  readonly name: string;
  /** Options of `ulna boot`. */
  readonly options: readonly string[];
}

/** As a word of the kernel's command line. */
const run = (script: string): string => `ulna_run="${script}"`;

const files = 'for i in 1 2; do find / -xdev -type f | sort | md5sum; done; tar cf - /bin /etc | gzip | gzip -d | cksum; ls -lR / | wc';
const text =
  "awk 'BEGIN{for(i=0;i<60000;i++){s+=i*i;a[i%97]=a[i%97] i};print s,length(a[3])}'; " +
  'od /bin/busybox | head -20000 | grep 0000 | sort -r | uniq -c | wc; sed s/e/a/g /etc/passwd | diff /etc/passwd - | wc';
const shell = 'i=0; while [ $i -lt 3000 ]; do i=$((i+1)); done; for i in 1 2 3 4 5 6 7 8 9; do sh -c true; (echo $i | cat); done';
const hashes = 'sha1sum /bin/busybox; sha256sum /bin/busybox; sha512sum /bin/busybox; sha3sum /bin/busybox; bzip2 -k -c /bin/busybox | bunzip2 | crc32';

export const WORKLOADS: readonly Workload[] = [
  { name: 'boot-6.12', options: ['--suite', 'trixie', '--cpu', 'cortex-a57', '--append', 'ulna_run=poweroff'] },
  { name: 'boot-6.12-max', options: ['--suite', 'trixie', '--cpu', 'max', '--append', 'ulna_run=poweroff'] },
  { name: 'boot-6.1', options: ['--suite', 'bookworm', '--cpu', 'neoverse-n1', '--append', 'ulna_run=poweroff'] },
  ...Object.entries({ files, text, shell, hashes }).map(([name, script], i) => ({
    name,
    options: [
      '--suite', i % 2 === 0 ? 'trixie' : 'bookworm', '--cpu', i < 2 ? 'max' : 'cortex-a57',
      '--append', run(`${script}; poweroff`),
    ],
  })),
];

#!/bin/bash
# Records the device trees that QEMU generates for its virt board; the tests compare ours with them.
# Needs qemu-system-aarch64 and dtc. Recorded with QEMU 7.2 (Debian 1:7.2), dtc 1.6.1.
# The kernel is an arm64 Image header alone (image_size 2 MiB, text_offset 0); initrd 5,000,000 bytes; firmware 64 KiB.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
{
  printf '\037\040\003\325\000\000\000\024'              # nop; b .
  printf '\000\000\000\000\000\000\000\000'              # text_offset
  printf '\000\000\040\000\000\000\000\000'              # image_size
  printf '\012\000\000\000\000\000\000\000'              # flags
  head -c 24 /dev/zero
  printf 'ARM\x64\000\000\000\000'
} >"$work/Image"
head -c 5000000 /dev/zero >"$work/initrd"
head -c 65536 /dev/zero >"$work/firmware"

record() { # name, machine options, arguments...
  local name=$1 machine=$2
  shift 2
  qemu-system-aarch64 -nodefaults -display none -M "virt,gic-version=3$machine,dumpdtb=$work/dtb" "$@" 2>/dev/null
  dtc -q -I dtb -O dts -o "$name.dts" "$work/dtb"
}
boot=(-kernel "$work/Image" -initrd "$work/initrd" -append "console=ttyAMA0 panic=-1")
record plain "" -cpu cortex-a57 -m 1G
record kernel "" -cpu cortex-a76 -m 2G "${boot[@]}"
record kernel-smp4 "" -cpu max -m 1G -smp 4 "${boot[@]}"
record smp20 "" -cpu neoverse-n1 -m 128M -smp 20
record el2-kernel ",virtualization=on" -cpu max -m 3G -smp 2 "${boot[@]}"
record el3 ",secure=on,virtualization=on" -cpu max -m 1G -smp 2
record el3-kernel ",secure=on" -cpu max -m 1G -smp 2 "${boot[@]}"
# With firmware QEMU has ACPI tables, and then the ACPI event device instead of the GPIO power key; we have no ACPI.
record el3-firmware ",secure=on,virtualization=on,acpi=off" -cpu max -m 1G -smp 2 -bios "$work/firmware" "${boot[@]}"
record no-devices ",its=off,dtb-randomness=off" -cpu cortex-a57,pmu=off -m 64M "${boot[@]}"

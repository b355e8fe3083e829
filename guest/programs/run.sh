#!/bin/busybox sh
# Runs what bench_plan on the kernel's command line asks for, NAME:ROUNDS,..., and switches the machine off.
cd /bench || poweroff

# Debian's kernel tests its ciphers in the background when userspace runs already, for a good second of work. Waits
# for a quarter of a second in which it is idle.
settle() {
  cpus=$(grep -c ^processor /proc/cpuinfo)
  left=400
  while [ $left -gt 0 ]; do
    left=$((left - 1))
    read -r _ _ _ _ before _ </proc/stat
    sleep 0.25
    read -r _ _ _ _ after _ </proc/stat
    [ $((after - before)) -ge $((20 * cpus)) ] && return
  done
  echo 'exit settle 1'
}

settle
for item in $(echo "$bench_plan" | tr , ' '); do
  ./"${item%:*}" "${item#*:}" </dev/null || echo "exit ${item%:*} $?"
done
echo all-done
# What is written while Linux (6.12) resumes the port from runtime PM goes out with what is written next.
sleep 0.1
echo
poweroff

#!/bin/busybox sh
# Debian's Python: floating point, big integers, recursion, dictionaries, strings.
. ./job.sh
python3 python.py 1 >/dev/null # compiles the modules
begin
expect "$(python3 python.py $rounds)" ok
end

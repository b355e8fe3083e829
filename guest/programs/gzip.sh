#!/bin/busybox sh
# Deflate and inflate of numbers as text by BusyBox.
. ./job.sh
busybox seq 1 30000 >/tmp/numbers
begin
while another; do
  busybox gzip -c /tmp/numbers >/tmp/numbers.gz
  expect "$(busybox gzip -d -c /tmp/numbers.gz | busybox md5sum)" '0a61f0919f546ce04fc119b028b88a2e  -'
done
end
rm /tmp/numbers /tmp/numbers.gz

#!/bin/busybox sh
# Packs a tree of small files with BusyBox's tar, unpacks it elsewhere, compares.
. ./job.sh
mkdir /tmp/tar && cd /tmp/tar || exit
for folder in a b c d e f; do
  mkdir -p tree/$folder/deep/deeper
  for size in 1 10 100 1000 3000; do busybox seq 1 $size >tree/$folder/deep/$folder-$size; done
  cp tree/$folder/deep/$folder-* tree/$folder/deep/deeper
done
begin
while another; do
  mkdir out
  busybox tar cf - tree | busybox tar xf - -C out
  sum=$(cd out && busybox find . -type f | busybox sort | busybox xargs busybox cat | busybox md5sum)
  expect "$sum" '0d41d1415eeebbf17101f15971ff8cd0  -'
  rm -r out
done
end
cd / && rm -r /tmp/tar

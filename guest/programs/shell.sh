#!/bin/busybox sh
# BusyBox's shell: arithmetic, strings, functions, case; and processes: subshells, pipes, command substitution.
. ./job.sh
gcd() {
  a=$1 b=$2
  while [ $b -ne 0 ]; do
    t=$((a % b)) a=$b b=$t
  done
}
begin
while another; do
  sum=0 text= i=0
  while [ $i -lt 150 ]; do
    i=$((i + 1))
    gcd $((i * 6)) 84
    sum=$((sum + a))
    case $i in *7 | *3?) text=$text,$i ;; *) text=${text#,} ;; esac
  done
  for word in one two three four; do
    text="$text $(echo $word | cat | tr a-z A-Z)"
    (exit 3) || sum=$((sum + $?))
  done
  expect "$sum ${#text} ${text##*,}" '2478 130 147 ONE TWO THREE FOUR'
done
end

# Sourced by the jobs: what bench.c is for programs.
name=${0##*/}
rounds=$1
begin() { echo "begin $name"; }
# True as long as there are rounds left.
another() { rounds=$((rounds - 1)); [ $rounds -ge 0 ]; }
expect() {
  [ "$1" = "$2" ] && return
  echo "end $name bad $1, not $2"
  exit 1
}
end() { echo "end $name ok"; }

#!/bin/bash -eu
# Builds the targets of tests/fuzz-targets for ClusterFuzzLite and OSS-Fuzz: each becomes $OUT/TARGET, with its seeds,
# dictionary and options beside it. Reads SRC and OUT; the checkout is the current folder.

engine=@jazzer.js/core@4.0.0

npm ci --no-audit --no-fund
npm run build
npm run --silent fuzz:targets -- --build

# Only what runs is copied to $OUT: the compiled program and the engine.
staged=$SRC/ulna-fuzz
rm -rf "$staged"
mkdir -p "$staged"
cp -r dist "$staged/"
echo '{ "type": "module" }' >"$staged/package.json"
(cd "$staged" && npm install --no-save --no-package-lock --no-audit --no-fund "$engine")

files=$(mktemp -d)
node dist/tests/fuzz-targets/write-files.js "$files" tests/fuzz-targets/regressions |
  while read -r target mode; do
    compile_javascript_fuzzer ulna-fuzz "dist/tests/fuzz-targets/targets/$target.js" \
      ${mode:+"$mode"} --disable_bug_detectors=.+
    (cd "$files/$target" && zip -q "$OUT/${target}_seed_corpus.zip" ./*)
    cp "$files/$target.options" "$OUT/"
    if [ -e "$files/$target.dict" ]; then cp "$files/$target.dict" "$OUT/"; fi
  done
rm -rf "$files"

#!/usr/bin/env bash
# The one door: ./build.sh <verb>. Without a verb it lists them.
set -euo pipefail
cd "$(dirname "$0")"

usage() {
  cat <<'TEXT'
usage: ./build.sh <verb>

  build   dist/: the Go program as bgfetch.wasm, and the bundles of the glue
  demo    serve the demo
  test    all tests
  check   types and vet, without running anything
  bench   measurements
  pack    the npm package
TEXT
}

die() {
  echo "build.sh: $*" >&2
  exit 1
}

# need <command> <what it is for>
need() {
  command -v "$1" >/dev/null || die "$1 is missing: it is needed to $2. See CONTRIBUTING.md."
}

# The development tools, as package-lock.json names them. npm keeps a copy of
# what it installed in node_modules/.package-lock.json.
node_modules() {
  need node "bundle the glue"
  need npm "install the development tools"
  [[ node_modules/.package-lock.json -nt package-lock.json ]] || npm ci --no-audit --no-fund
}

build() {
  need go "compile the program"
  node_modules
  mkdir -p dist
  GOOS=js GOARCH=wasm go build -trimpath -buildvcs=false -ldflags="-s -w -buildid=" -o dist/bgfetch.wasm ./wasm
  chmod 644 dist/bgfetch.wasm
  node jsglue/build.mjs "$(go env GOROOT)/lib/wasm/wasm_exec.js"
}

check() {
  need go "vet the program"
  node_modules
  npx tsc --noEmit -p jsglue/page
  npx tsc --noEmit -p jsglue/sw
  go vet ./...
  GOOS=js GOARCH=wasm go vet ./wasm/...
}

run_tests() {
  check
  go test ./...
}

demo() { die "demo is not there yet"; }
bench() { die "bench is not there yet"; }
pack() { die "pack is not there yet"; }

case "${1:-help}" in
  build | check | demo | bench | pack) "$@" ;;
  test) shift && run_tests "$@" ;;
  help) usage ;;
  *) usage >&2 && exit 2 ;;
esac

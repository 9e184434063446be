#!/usr/bin/env bash
# The one door: ./build.sh <verb>. Without a verb it lists them.
set -euo pipefail
cd "$(dirname "$0")"

usage() {
  cat <<'TEXT'
usage: ./build.sh <verb>

  build   dist/: the Go program as bgfetch.wasm, the bundles of the glue, and files for the demo
  demo    build, and serve the demo at http://localhost:8080 (-addr host:port)
  test    all tests
  check   types and vet, without running anything
  bench   measure against plain fetch() and native (--quick, --list; see docs/performance.md)
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

# The program makes no connections of its own: wasm/_notls in place of crypto/tls,
# as an overlay for go build. See docs/decisions/size.md.
without_tls() {
  local tls file separator=
  tls="$(go env GOROOT)/src/crypto/tls"
  printf '{"Replace": {'
  for file in "$tls"/*.go; do
    [[ $file == *_test.go ]] && continue
    [[ $file == "$tls/tls.go" ]] && printf '%s\n"%s": "%s"' "$separator" "$file" "$PWD/wasm/_notls/tls.go"
    [[ $file == "$tls/tls.go" ]] || printf '%s\n"%s": ""' "$separator" "$file"
    separator=,
  done
  printf '\n}}\n'
}

build() {
  need go "compile the program"
  node_modules
  mkdir -p dist test/.cache
  node jsglue/build.mjs list
  # The program serves the same file at <scope>/__bgfetch__/list.js.
  cp dist/list.js wasm/httpapi/page/list.js
  without_tls >test/.cache/overlay.json
  GOOS=js GOARCH=wasm go build -overlay test/.cache/overlay.json -tags nethttpomithttp2 \
    -trimpath -buildvcs=false -ldflags="-s -w -buildid=" -o dist/bgfetch.wasm ./wasm
  chmod 644 dist/bgfetch.wasm
  node jsglue/build.mjs glue "$(go env GOROOT)/lib/wasm/wasm_exec.js"
  # What the demo offers where the host is not its own server.
  go run ./demo/serve -write
}

check() {
  need go "vet the program"
  node_modules
  npx tsc --noEmit -p jsglue/page
  npx tsc --noEmit -p jsglue/sw
  npx tsc --noEmit -p jsglue/component
  go vet ./...
  GOOS=js GOARCH=wasm go vet ./wasm/...
}

# The door to all tests. Each suite writes a summary {passed, failed}; a suite
# that wrote none counts as one failure.
run_tests() {
  need go "run the tests"
  local results=test/.results
  rm -rf "$results" && mkdir -p "$results"
  build
  local checked=0
  "$PWD/build.sh" check || checked=1
  node test/gotest.mjs "$results/go.json" -count=1 ./... || true
  sh test/browser/install.sh || true
  node test/browser/run.mjs --json "$results/browser.json" "$@" || true
  node test/sum.mjs "checks=$checked" "$results/go.json" "$results/browser.json"
}

demo() {
  build
  # Not `go run`: what is stopped should be the server.
  go build -o test/.cache/demo ./demo/serve
  exec test/.cache/demo "$@"
}

# Takes more than an hour; --quick a few minutes, --list says what --only takes.
bench() {
  build
  sh test/browser/install.sh
  node test/bench/run.mjs "$@"
  go test -run '^$' -bench . ./wasm/bgfetch
}
pack() { die "pack is not there yet"; }

case "${1:-help}" in
  build | check | demo | bench | pack) "$@" ;;
  test) shift && run_tests "$@" ;;
  help) usage ;;
  *) usage >&2 && exit 2 ;;
esac

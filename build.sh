#!/usr/bin/env bash
# The one door: ./build.sh <verb>. Without a verb it lists them.
set -euo pipefail
cd "$(dirname "$0")"

usage() {
  cat <<'TEXT'
usage: ./build.sh <verb>

  build     dist/: the Go program as bgfetch.wasm, the bundles of the glue, and files for the demo
  demo      build, and serve the demo at http://localhost:8080 (-addr host:port)
  test      all tests (--long: also the long versions of those that have one)
  check     types, linters, dead code, sizes, licences, documents: all that is not a test
  format    format everything
  reference write docs/api.md, from the types
  wire      write jsglue/types/wire.ts, what crosses between Go and TypeScript, from the Go code
  bench     measure against plain fetch() and native (--quick, --list; see docs/performance.md)
  pack      the npm package
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

# Where inlining is worth its size: the runtime, hashing, and what both are made of.
# Everything else is compiled without. See docs/decisions/size.md.
INLINED=(
  runtime internal/runtime/{maps,atomic,gc,gc/scan,sys,math} internal/bytealg syscall/js
  crypto/sha256 crypto/sha512 crypto/internal/fips140/{sha256,sha512}
  crypto/internal/fips140deps/byteorder internal/byteorder math/bits
)

# dist/bgfetch.wasm, which has the list in it. What can never run is left out by an overlay,
# and what the linker writes is made smaller: docs/decisions/size.md.
program() {
  need go "compile the program"
  mkdir -p dist test/.cache
  go run ./tools/overlay write test/.cache
  local inlined=("${INLINED[@]/#/-gcflags=}")
  inlined=("${inlined[@]/%/=}")
  # Of several -gcflags the last one that matches a package counts.
  GOOS=js GOARCH=wasm go build -overlay test/.cache/overlay.json -tags nethttpomithttp2 \
    -gcflags=all=-l "${inlined[@]}" \
    -trimpath -buildvcs=false -ldflags="-s -w -buildid=" -o test/.cache/linked.wasm ./wasm
  # SHRINK=cp leaves the program as it is linked, so that its stack traces have lines.
  ${SHRINK:-go run ./tools/shrink} test/.cache/linked.wasm dist/bgfetch.wasm
  chmod 644 dist/bgfetch.wasm
}

build() {
  need go "compile the program"
  node_modules
  node jsglue/build.mjs list
  # The program serves the same file at <scope>/__bgfetch__/list.js.
  cp dist/list.js wasm/httpapi/page/list.js
  program
  node jsglue/build.mjs glue "$(go env GOROOT)/lib/wasm/wasm_exec.js"
  # What the demo offers where the host is not its own server.
  go run ./demo/serve -write
}

# The linter and its like: docs/decisions/dependencies.md says why they are apart.
tools() {
  [[ tools/node_modules/.package-lock.json -nt tools/package-lock.json ]] ||
    npm ci --prefix tools --no-audit --no-fund --ignore-scripts --loglevel error
}

# gate <what it is about> <command...>: all are run, so that one run tells everything.
gates_failed=0
gate() {
  local what="$1" output
  shift
  output="$("$@" 2>&1)" && return
  printf 'FAILED check: %s\n%s\n' "$what" "$output"
  gates_failed=1
}

nothing_from() {
  local output
  output="$("$@" 2>&1)" && [[ -z $output ]] && return
  printf '%s\n' "$output"
  return 1
}

for_the_browser() {
  GOOS=js GOARCH=wasm "$@"
}

check() {
  need go "check the program"
  node_modules
  tools
  [[ -f dist/manifest.json && -f test/.cache/linked.wasm ]] || build
  local project staticcheck deadcode
  for project in page sw component frameworks vite faults cli; do
    gate "types, $project" npx tsc --noEmit -p "jsglue/$project"
  done
  gate "types, unit tests" npx tsc --noEmit -p test/unit
  gate "gofmt" nothing_from gofmt -l wasm test demo tools/overlay tools/shrink
  gate "go vet" go vet ./...
  gate "go vet, js/wasm" for_the_browser go vet ./wasm/...
  staticcheck="$(go tool -n staticcheck)"
  deadcode="$(go tool -n deadcode)"
  # Only the edge imports syscall/js.
  gate "imports in Go" go test ./wasm
  gate "staticcheck" "$staticcheck" ./...
  gate "staticcheck, js/wasm" for_the_browser "$staticcheck" ./wasm/...
  gate "dead code in Go" nothing_from for_the_browser "$deadcode" -test ./wasm/... ./test/bgfetchtest/...
  gate "imports in TypeScript" node test/check/imports.mjs
  gate "dead code in JavaScript" tools/node_modules/.bin/knip
  gate "format" tools/node_modules/.bin/biome format
  gate "linter" tools/node_modules/.bin/biome lint --diagnostic-level=error
  gate "what is left out of Go" go run ./tools/overlay check
  gate "what is made smaller" node test/check/shrunk.mjs
  gate "sizes" node test/check/sizes.mjs
  gate "licences" node test/check/licences.mjs
  gate "Go and TypeScript" go test -count=1 ./test/wire
  gate "API reference" node jsglue/reference.mjs --check
  gate "links" node test/check/links.mjs
  gate "names in the documentation" node test/check/names.mjs
  gate "width of the documentation" node test/check/wrap.mjs
  gate "types of the package" node jsglue/types.mjs
  gate "code in the documentation" node test/check/documentation.mjs
  return "$gates_failed"
}

# Formats everything, as check wants it.
format() {
  tools
  gofmt -w wasm test demo tools/overlay tools/shrink
  tools/node_modules/.bin/biome format --write
  node test/check/wrap.mjs --write
}

reference() {
  need node "write docs/api.md"
  node jsglue/reference.mjs
}

wire() {
  need go "read the Go code"
  go test -count=1 ./test/wire -write
}

# The door to all tests. Each suite writes a summary {passed, failed}; a suite
# that wrote none counts as one failure.
run_tests() {
  need go "run the tests"
  local results=test/.results
  rm -rf "$results" && mkdir -p "$results"
  pack --pack-destination "$results"
  local checked=0 long=() flags=()
  "$PWD/build.sh" check || checked=1
  sh test/browser/install.sh || true
  # With the race detector, and in another order each time, which is told of failures. One of
  # five cases alike is enough for it where there are many, all of which are run without it. That
  # takes one processor for some minutes, and all else begins beside it, since browsers mostly wait.
  # GOMAXPROCS=1, since Go 1.26 crashes otherwise: when two goroutines of a synctest bubble take from
  # timers at the same moment, both use the bubble's one context of the race detector (unlockAndRun in
  # runtime/time.go).
  GOMAXPROCS=1 nice -n 5 node test/gotest.mjs "$results/go.json" -count=1 -timeout=30m -race -shuffle=on ./... &
  local race=$!
  node test/gotest.mjs "$results/engine.json" -count=1 -timeout=20m -shuffle=on ./wasm/engine ./test/faultmatrix || true
  node test/unit/run.mjs "$results/unit.json" || true
  if [[ " $* " == *" --long "* ]]; then
    node test/gotest.mjs "$results/lives.json" -count=1 -timeout=5h -run '^(TestLives|TestWeeks)$' ./wasm/engine -lives.count=100000 -week.count=1000 || true
    long=("$results/lives.json")
    flags=(--long)
  fi
  # Beside the browsers, when the race detector has made room.
  (
    while kill -0 "$race" 2> /dev/null; do sleep 5; done
    exec node test/pack/run.mjs --tarball "$results"/*.tgz --json "$results/pack.json" "${flags[@]}"
  ) &
  local package=$!
  node test/browser/run.mjs --json "$results/browser.json" "$@" || true
  wait "$package" || true
  wait "$race" || true
  node test/sum.mjs "checks=$checked" "$results/unit.json" "$results/go.json" "$results/engine.json" "${long[@]}" "$results/browser.json" "$results/pack.json"
}

demo() {
  build
  # Not `go run`: what is stopped should be the server.
  go build -o test/.cache/demo ./demo/serve
  exec test/.cache/demo "$@"
}

# Takes about 70 minutes; --quick ten, and tells what is worse than docs/performance.md says. --list
# says what --only takes.
bench() {
  build
  sh test/browser/install.sh
  node test/bench/run.mjs "$@"
  go test -run '^$' -bench . ./wasm/engine
}

# The npm package, with nothing left over from other builds in it.
pack() {
  rm -rf dist
  build
  node jsglue/types.mjs
  npm pack --loglevel error "$@"
}

case "${1:-help}" in
  build | program | check | format | reference | wire | demo | bench | pack) "$@" ;;
  test) shift && run_tests "$@" ;;
  help) usage ;;
  *) usage >&2 && exit 2 ;;
esac

#!/usr/bin/env bash
# thaw's one script: it sets up what is missing, then builds, serves, tests, checks and measures.
set -euo pipefail

usage() {
	cat <<'END'
usage: ./build.sh COMMAND

  build     make bin/thaw and dist/, a folder for any static host, and print its sizes
  serve     build what is missing or stale and serve dist/ [--port 8080] [--host 127.0.0.1]
            [--base /sub/path/] [--plain: no special headers, no compression]
  test      run every test: Go natively, without SIMD and as wasm, JavaScript, the page in two browsers
  check     formatting, vet, types, tidiness, guards; leaves the tree as it was
  bench     measure speed beside onnxruntime-web, jax-js and, where they are installed, PyTorch and onnxruntime:
            one table of ratios in a quarter of an hour [gemm|forward|step|native|scaling …] [--json] [--seconds 4];
            bench webgpu, which is not part of it, takes a quarter of an hour: it runs on SwiftShader, no graphics card needed
  golden    record the reference files again with PyTorch and transformers (6 GB of packages)

On a new machine with Go, Node.js and Python 3 each command installs what else it needs and says so.
CHROME and FIREFOX may name the browsers to test with.
END
}

cd "$(dirname "${BASH_SOURCE[0]}")" # every path below is relative to the repository

export GOTOOLCHAIN=go1.27.4 GOEXPERIMENT=simd GOWORK=off CGO_ENABLED=0 GOFLAGS=-buildvcs=false
export PYTHONDONTWRITEBYTECODE=1
export HOME=${HOME:-~} # Go and npm keep their caches there
unset GOOS GOARCH

readonly go_packages=(./core/... ./wasm/... ./weights/...)
readonly go_build=(go build -trimpath)
readonly stage=bin/stage # what goes into dist/ and is made, not written
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# --- Saying and running ---

# say LINE… prints lines.
say() { printf '%s\n' "$@"; }

fail() {
	printf 'build.sh: %s\n' "$*" >&2
	exit 1
}

status=0         # of the last attempt
failures=()      # headings of the steps that failed
keep_going=false # whether a failed step is kept for the end, as a test run wants, or ends the script

# attempt COMMAND… runs a command or function in a shell of its own under -e and sets status. It may not
# be called inside a condition, for there bash ignores -e.
attempt() {
	set +e
	(
		set -e
		"$@"
	) </dev/null
	status=$?
	set -e
}

# quietly HEADING COMMAND… runs a step and shows its output only if it fails.
quietly() {
	local heading=$1 began=$SECONDS
	shift
	printf '%s … ' "$heading"
	attempt "$@" >"$scratch/log" 2>&1
	if ((status == 0)); then
		say "$((SECONDS - began)) s"
	else
		say "failed after $((SECONDS - began)) s"
		cat "$scratch/log"
		failed "$heading"
	fi
}

# loudly HEADING COMMAND… runs a step and shows all of its output.
loudly() {
	local heading=$1 began=$SECONDS
	shift
	say "" "== $heading"
	attempt "$@" 2>&1
	say "== $heading took $((SECONDS - began)) s"
	((status == 0)) || failed "$heading"
}

failed() {
	[[ $keep_going == true ]] || fail "stopped at: $1"
	failures+=("$1")
}

# conclude SENTENCE ends a command that kept going: with the sentence, or with what failed.
conclude() {
	((${#failures[@]} == 0)) || fail "failed: $(printf '%s; ' "${failures[@]}")see above"
	say "$1"
}

# --- Setting up ---

source site/dev/browsers.sh # need_browsers

# at_least WANTED FOUND compares versions such as 1.21 and 1.27.4.
at_least() { [[ $(printf '%s\n' "$1" "$2" | sort -V | head -n 1) == "$1" ]]; }

need_go() {
	command -v go >/dev/null || fail "Go is missing: install Go 1.21 or newer (go.dev/doc/install) and try again."
	local found
	found=$(GOTOOLCHAIN=local GOEXPERIMENT='' go env GOVERSION)
	at_least 1.21 "${found#go}" || fail "Go 1.21 or newer is needed, for it can fetch $GOTOOLCHAIN; this is $found."
	if [[ $found != "$GOTOOLCHAIN" ]] && ! GOPROXY=off go version >/dev/null 2>&1; then
		quietly "Installing the toolchain $GOTOOLCHAIN into Go's module cache" go version
	fi
	goroot=$(go env GOROOT)
}

need_node() {
	command -v node >/dev/null && command -v npm >/dev/null ||
		fail "Node.js is missing: install Node.js 20 or newer with npm (nodejs.org) and try again."
	at_least 20 "$(node -p process.versions.node)" || fail "Node.js 20 or newer is needed; this is $(node --version)."
}

# need_npm installs the packages of package-lock.json unless they are the ones that lie in node_modules.
need_npm() {
	need_node
	cmp -s package-lock.json node_modules/.thaw-lock.json && return
	quietly "Installing npm packages into node_modules" npm ci --include=dev --ignore-scripts --no-audit --no-fund
	cp package-lock.json node_modules/.thaw-lock.json
}

# need_python WORK fails with a sentence that says what Python is for.
need_python() {
	command -v python3 >/dev/null || fail "Python 3 is missing, and $1 needs it: install python3 and try again."
}

# --- Building ---

build_tools() {
	"${go_build[@]}" -o bin/thaw ./core/cmd/thaw
	"${go_build[@]}" -o bin/link ./wasm/link
}

# build_wasm links the core for the browser, and makes of it the builds that a page chooses from. The post-link tool needs the
# names in the binary and drops them.
build_wasm() {
	mkdir -p "$stage/wasm"
	slim_tokenizer
	GOOS=js GOARCH=wasm "${go_build[@]}" -modfile=bin/wasm.mod -ldflags=-w -o bin/linked.wasm ./wasm
	bin/link -out "$stage/wasm" bin/linked.wasm
	node site/dev/adapt-exec.mjs "$goroot/lib/wasm/wasm_exec.js" "$stage/wasm/wasm_exec.js"
	node site/dev/build-grammar.mjs "$stage/wasm/grammar.json"
}

# slim_tokenizer makes bin/wasm.mod, by which the wasm is linked with sugarme/tokenizer as it is but for its downloader. Nothing calls
# that one, and its net/http and crypto/tls would be a fifth of the page's program (wasm/RATIONALE.md).
slim_tokenizer() {
	local module=github.com/sugarme/tokenizer
	rm -rf bin/tokenizer
	cp -r "$(go list -m -f '{{.Dir}}' $module)" bin/tokenizer
	chmod -R u+w bin/tokenizer
	rm bin/tokenizer/file-util.go
	cp go.mod bin/wasm.mod
	cp go.sum bin/wasm.sum
	go mod edit -replace $module=./bin/tokenizer bin/wasm.mod
}

build_vendor() {
	mkdir -p site/vendor
	cp node_modules/uplot/dist/uPlot.esm.js node_modules/uplot/dist/uPlot.min.css site/vendor/
	cp node_modules/uplot/LICENSE site/vendor/uPlot.LICENSE
}

# build_types makes thaw.d.ts from the JSDoc of thaw.js.
build_types() {
	rm -rf "$stage/types"
	node_modules/.bin/tsc --project tsconfig.json --noEmit false --declaration --emitDeclarationOnly \
		--rootDir site --outDir "$stage/types"
}

# build_notices gathers the licences of what the wasm is linked from, as those licences ask.
build_notices() {
	local module folder
	{
		say "thaw is under the MIT licence (LICENSE). Its WebAssembly contains these works." "" "The Go standard library" ""
		cat "$goroot/LICENSE"
		while read -r module folder; do
			say "" "$module" ""
			cat "$folder"/LICENSE*
		done < <(GOOS=js GOARCH=wasm go list -deps -f '{{with .Module}}{{if not .Main}}{{.Path}} {{.Dir}}{{end}}{{end}}' ./wasm | sort -u)
	} >"$stage/NOTICES.txt"
}

build_all() {
	need_go
	need_npm
	quietly "Building bin/thaw and bin/link" build_tools
	quietly "Building the wasm" build_wasm
	quietly "Gathering vendor files, types and notices" build_parts
	fetch_weights
	quietly "Assembling dist/" node site/dev/build-dist.mjs
}

# fetch_weights shows the progress of a download; of weights that are there it only has the hashes checked.
fetch_weights() {
	if [[ -e weights/cache/minilm/model.safetensors ]]; then
		quietly "Checking the weights of MiniLM" bin/thaw fetch minilm
	else
		need_python "fetching the weights where the Hugging Face hub cannot be reached"
		loudly "Fetching the weights of MiniLM (90 MB) into weights/cache" bin/thaw fetch minilm
	fi
}

build_parts() {
	build_vendor
	build_types
	build_notices
}

compress() { loudly "Compressing dist/" node site/dev/build-compress.mjs; }

# --- Commands ---

cmd_build() {
	build_all
	compress
}

cmd_serve() {
	cmd_build
	rm -rf "$scratch" # exec leaves no shell to do it
	exec node site/dev/serve.mjs --root dist "$@"
}

cmd_test() {
	need_browsers
	cmd_build
	keep_going=true
	export THAW_WEIGHTS=required # a test that cannot find MiniLM fails here; elsewhere it is skipped
	loudly "Go tests, native" go_test "${go_packages[@]}"
	loudly "Go tests, native, without SIMD" without_simd go_test ./core/kernel/... ./core/backend/... ./core/autograd/...
	loudly "Go tests, js/wasm in Node" wasm_test
	loudly "Go tests on WebGPU, js/wasm in Node" webgpu_test
	loudly "JavaScript tests" node_test site/test/*.test.js
	loudly "The page in Chromium and Firefox" page_test
	say ""
	awk '{ passed += $1; failed += $2 } END { printf "%d passed, %d failed\n", passed, failed }' "$scratch/tally"
	say "The tests took $((SECONDS / 60)) min $((SECONDS % 60)) s."
	conclude "All tests pass."
}

go_test() { node site/dev/go-test.mjs --tally "$scratch/tally" -timeout 20m "$@"; }

without_simd() { GOEXPERIMENT=nosimd "$@"; }

# wasm_test runs the tests of everything that is part of the wasm, so neither programs nor tools, in Node.
wasm_test() {
	local runner="node --stack-size=8192 --require '$PWD/site/dev/wasm-preload.cjs' '$goroot/lib/wasm/wasm_exec_node.js'"
	export GOOS=js GOARCH=wasm
	go_test -exec "$runner" $(go list ./core/... ./wasm/... | grep -v -x -e thaw/core/cmd/thaw -e thaw/wasm/link -e thaw/wasm/webgpu)
}

# webgpu_test runs the backend of the graphics card in Node, through Dawn, on whatever Vulkan driver there is: the SwiftShader of
# chromium needs no card. Without a driver it fails, for here nothing may be skipped: what measures cards runs, too, at its smallest.
webgpu_test() {
	export GOOS=js GOARCH=wasm THAW_WEBGPU=required THAW_MEASURE=small
	go_test -exec "node '$PWD/site/dev/gpu-exec.mjs' '$goroot/lib/wasm/wasm_exec_node.js'" ./wasm/webgpu
}

# node_test runs test files in Node and adds their number to the tally.
node_test() {
	local code=0
	node --test --test-reporter=spec --test-reporter-destination=stdout \
		--test-reporter=tap --test-reporter-destination="$scratch/tap" "$@" || code=$?
	awk '$2 == "pass" { passed = $3 } $2 == "fail" { failed = $3 } END { print passed + 0, failed + 0 }' "$scratch/tap" >>"$scratch/tally"
	return "$code"
}

# page_test trains on the page as a person would; it prints its own lines and counts as one test.
page_test() {
	local code=0
	GOOS=js GOARCH=wasm go test -c -o bin/webgpu.test.wasm ./wasm/webgpu
	node site/test/page.mjs || code=$?
	if ((code == 0)); then say "1 0"; else say "0 1"; fi >>"$scratch/tally"
	return "$code"
}

cmd_check() {
	need_go
	need_npm
	local before
	before=$(tree_status)
	keep_going=true
	quietly "gofmt" check_gofmt
	quietly "go vet" go vet "${go_packages[@]}"
	quietly "go vet for js/wasm" env GOOS=js GOARCH=wasm go vet ./core/... ./wasm/...
	quietly "go vet without SIMD" env GOEXPERIMENT=nosimd go vet "${go_packages[@]}"
	quietly "go vet for arm64" env GOARCH=arm64 go vet "${go_packages[@]}"
	quietly "go mod tidy -diff" go mod tidy -diff
	quietly "go mod verify" go mod verify
	quietly "Vendor files" build_vendor
	quietly "tsc" node_modules/.bin/tsc --project tsconfig.json
	loudly "Guards" node site/dev/guards.mjs
	check_tree "$before"
	conclude "All checks pass."
}

check_gofmt() {
	local unformatted
	unformatted=$("$goroot/bin/gofmt" -l core wasm weights)
	[[ -z $unformatted ]] || fail "gofmt would change: $unformatted"
}

# tree_status lists what differs from the last commit; sources without a repository have nothing to compare.
tree_status() { git -c safe.directory="$PWD" status --porcelain 2>/dev/null || true; }

# check_tree fails if the checks changed a file; in CI the tree has to be clean as well.
check_tree() {
	local after
	after=$(tree_status)
	if [[ $after != "$1" || (${CI:-} == true && -n $after) ]]; then
		say "$after"
		failed "a clean tree"
	fi
}

# cmd_bench prints nothing but results on standard output, for programs read them.
cmd_bench() {
	{
		need_browsers
		build_all
		need_peers
		quietly "Building the products of the bench" build_bench
	} >&2
	node site/dev/bench/bench.mjs "$@"
}

# need_peers installs what thaw is measured against in the browser, for this command alone: 150 MB.
need_peers() {
	local lock=site/dev/bench/package-lock.json to=bin/bench/peers
	cmp -s "$lock" "$to/.thaw-lock.json" && return
	mkdir -p "$to"
	cp site/dev/bench/package.json "$lock" .npmrc "$to/"
	quietly "Installing onnxruntime-web and jax-js into $to (150 MB)" npm ci --prefix "$to" --ignore-scripts --no-audit --no-fund
	cp "$lock" "$to/.thaw-lock.json"
}

# build_bench links the program that times products by themselves, as build_wasm links the trainer's.
build_bench() {
	mkdir -p bin/bench/wasm
	GOOS=js GOARCH=wasm "${go_build[@]}" -ldflags=-w -o bin/bench/linked.wasm ./wasm/bench
	bin/link -out bin/bench/wasm bin/bench/linked.wasm
	cp "$stage/wasm/wasm_exec.js" bin/bench/wasm/
}

cmd_golden() {
	need_go
	need_python "recording reference files"
	say "This installs PyTorch and transformers into .venv: about 6 GB, over the network."
	[[ -x .venv/bin/python ]] || quietly "Making .venv" python3 -m venv .venv
	quietly "Installing weights/golden/requirements.txt" .venv/bin/python -m pip install --quiet --requirement weights/golden/requirements.txt
	quietly "Building bin/thaw" "${go_build[@]}" -o bin/thaw ./core/cmd/thaw
	fetch_weights
	local model=weights/cache/minilm
	record bert_random.py
	record train_random.py
	record distilbert_random.py
	record schedule_random.py
	record probe.py
	record report.py
	record epoch_text.py
	record minilm.py $model
	record tokenizer.py tables
	record tokenizer.py texts --vocab $model/vocab.txt
	record verify.py
	record verify_minilm.py $model
}

record() {
	local script=$1
	shift
	loudly "$script" .venv/bin/python "weights/golden/$script" "$@"
}

main() {
	local command=${1:-}
	case $command in
	build | serve | test | check | bench | golden)
		shift
		"cmd_$command" "$@"
		;;
	help | -h | --help) usage ;;
	*)
		usage >&2
		exit 2
		;;
	esac
}

main "$@"

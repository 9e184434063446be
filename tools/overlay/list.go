package main

// A standIn takes the place of a package of the standard library.
type standIn struct {
	// pkg is the package's path. wasm/_overlay/<pkg> holds what stands in for it.
	pkg string

	// hash is that of the package in Go's sources, as it was when the stand-in was compared
	// with it: `go run ./tools/overlay check` prints what it is today.
	hash string
}

// An edit changes some words in a file of the standard library, where a stand-in would
// have to repeat the rest of it.
type edit struct {
	// file is a path below GOROOT/src.
	file string

	// old has to be there exactly once: else Go has changed what is edited.
	old, new string
}

// A list is all that is left out of the standard library.
type list struct {
	standIns []standIn
	edits    []edit
}

// leftOut is for Go 1.26.8. A stand-in says in its own words what it leaves out;
// docs/decisions/size.md, what each saves.
var leftOut = list{
	standIns: []standIn{
		{"compress/flate", "6d5f01159c6eed42"},
		{"crypto/internal/boring", "c312cbc35feb8dd4"},
		{"crypto/rand", "d65441572c961076"},
		{"crypto/tls", "c6e1ce06f2f377a8"},
		{"internal/godebug", "5a083aad661ed84f"},
		{"log/slog", "c3c5a31ab03e7c71"},
		{"net", "472243dad2591b6a"},
		{"unique", "0862a1446f7dc3a8"},
		{"vendor/golang.org/x/net/idna", "f11838f260b7401c"},
	},
	edits: []edit{
		// The tracer is never started: what it would be told is left out where nothing but
		// these four questions keeps it in.
		{"runtime/traceruntime.go", "return trace.enabled\n", "return false\n"},
		{"runtime/traceruntime.go", "return trace.enabledWithAllocFree\n", "return false\n"},
		{"runtime/traceruntime.go", "return trace.shutdown.Load()\n", "return false\n"},
		{"runtime/traceruntime.go", "return tl.gen != 0\n", "return false\n"},

		// A sort is compiled anew for each type. Up to 12 elements are sorted by insertion, as
		// ever; more by the heap sort that Go's pattern-defeating quicksort ends in when it was
		// defeated too often. It is shorter than all the rest, and as unstable.
		{"slices/zsortanyfunc.go", "if limit == 0 {\n", "if true {\n"},
		{"slices/zsortordered.go", "if limit == 0 {\n", "if true {\n"},

		// The browser has no file of media types.
		{"mime/type_unix.go", "osInitMime = initMimeUnix", "osInitMime = func() {}"},

		// Nothing is asked of a proxy, nor by this transport at all.
		{"net/http/transport.go", "\tProxy: ProxyFromEnvironment,\n", ""},

		// What is printed where GODEBUG asks for it. A worker has no environment.
		{"runtime/mgc.go", "\t\t\tcheckFinalizersAndCleanups()\n", ""},
		{"runtime/mgc.go", "if debug.gctrace > 0 {\n", "if false {\n"},
		{"runtime/panic.go", "\t\t\tschedtrace(true)\n", ""},

		sha256Block,
	},
}

// sha256Block leaves nothing out: it makes SHA-256 faster.
var sha256Block = edit{
	"crypto/internal/fips140/sha256/sha256block_noasm.go",
	"package sha256\n\nfunc block(dig *Digest, p []byte) {\n\tblockGeneric(dig, p)\n}\n",
	unrolledSHA256(),
}

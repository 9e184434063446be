package main_test

import (
	"encoding/json"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// cannotPanic are the functions of syscall/js that return for every value. Each other
// one panics where a value is of another type or where JS throws, which ends the
// program; safejs returns an error instead.
var cannotPanic = []string{
	"(syscall/js.Func).Release",
	"(syscall/js.Value).Equal",
	"(syscall/js.Value).IsNaN",
	"(syscall/js.Value).IsNull",
	"(syscall/js.Value).IsUndefined",
	"(syscall/js.Value).Type",
	"syscall/js.Global",
	"syscall/js.Null",
	"syscall/js.Undefined",
}

// Only safejs touches values of JS. Types of syscall/js may be named, and its values
// may be handed to a library that wants them.
func TestSafeJS(t *testing.T) {
	exports := map[string]string{}
	var rooms []listedPackage
	for _, listed := range listForBrowser(t) {
		exports[listed.ImportPath] = listed.Export
		if path, ours := strings.CutPrefix(listed.ImportPath, "background-fetch-wasm/wasm"); ours && isBrowserRoom(strings.TrimPrefix(path, "/")) {
			rooms = append(rooms, listed)
		}
	}
	if len(rooms) != 3 {
		t.Fatalf("found %d packages that know JS, want 3", len(rooms))
	}
	used := false
	for _, room := range rooms {
		files := token.NewFileSet()
		for identifier, object := range usesOf(t, files, room, exports) {
			function, isFunction := object.(*types.Func)
			if !isFunction || function.Pkg() == nil {
				continue
			}
			used = used || function.Pkg().Path() == "github.com/hack-pad/safejs"
			if function.Pkg().Path() == "syscall/js" && !slices.Contains(cannotPanic, function.FullName()) {
				t.Errorf("%v: %s may panic, use safejs", files.Position(identifier.Pos()), function.FullName())
			}
		}
	}
	if !used {
		t.Error("nothing uses safejs: has this test been left behind?")
	}
}

func isBrowserRoom(directory string) bool {
	return slices.Contains([]string{"", ".", "idbstore", "browser"}, directory)
}

type listedPackage struct {
	ImportPath, Dir, Export string
	GoFiles                 []string
}

// listForBrowser returns the packages of the program, compiled for the browser.
func listForBrowser(t *testing.T) []listedPackage {
	t.Helper()
	command := exec.Command("go", "list", "-deps", "-export", "-json=ImportPath,Dir,Export,GoFiles", ".")
	command.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	output, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listedPackage
	decoder := json.NewDecoder(strings.NewReader(string(output)))
	for decoder.More() {
		var listed listedPackage
		if err := decoder.Decode(&listed); err != nil {
			t.Fatal(err)
		}
		all = append(all, listed)
	}
	return all
}

// usesOf returns what each identifier in a package stands for. exports has the compiled
// file of each package it imports.
func usesOf(t *testing.T, files *token.FileSet, listed listedPackage, exports map[string]string) map[*ast.Ident]types.Object {
	t.Helper()
	var parsed []*ast.File
	for _, name := range listed.GoFiles {
		file, err := parser.ParseFile(files, filepath.Join(listed.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, file)
	}
	open := func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) }
	config := types.Config{Importer: importer.ForCompiler(files, "gc", open), Sizes: types.SizesFor("gc", "wasm")}
	info := types.Info{Uses: map[*ast.Ident]types.Object{}}
	if _, err := config.Check(listed.ImportPath, files, parsed, &info); err != nil {
		t.Fatal(err)
	}
	return info.Uses
}

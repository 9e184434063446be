package main_test

import (
	"go/build/constraint"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// browserPackages are the imports of which only the browser's rooms may know.
var browserPackages = []string{
	"syscall/js",
	"github.com/hack-pad/safejs",
	"github.com/hack-pad/go-indexeddb",
	"github.com/nlepage/go-wasm-http-server",
	"github.com/nlepage/go-js-promise",
}

func isBrowserPackage(path string) bool {
	return slices.ContainsFunc(browserPackages, func(p string) bool {
		return path == p || strings.HasPrefix(path, p+"/")
	})
}

// The core and its handler build and are tested on any machine.
func TestPureGo(t *testing.T) {
	for _, target := range [][]string{nil, {"GOOS=js", "GOARCH=wasm"}} {
		for _, name := range []string{"./bgfetch", "./ranges", "./evidence", "./digest", "./pace", "./schedule", "./part", "./download", "./coalesce", "./library", "./engine", "./httpapi"} {
			// net/http itself has syscall/js where it is compiled for the browser.
			command := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{range .Imports}}{{.}}\n{{end}}{{end}}", name)
			command.Env = append(os.Environ(), target...)
			output, err := command.Output()
			if err != nil {
				t.Fatalf("go list %s: %v", name, err)
			}
			for dependency := range strings.Lines(string(output)) {
				if dependency = strings.TrimSpace(dependency); isBrowserPackage(dependency) {
					t.Errorf("%s depends on %s %v", name, dependency, target)
				}
			}
		}
	}
}

// Packages whose use costs every visitor a tenth of a megabyte or more.
func TestSmall(t *testing.T) {
	command := exec.Command("go", "list", "-deps", ".")
	command.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	output, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for dependency := range strings.Lines(string(output)) {
		dependency = strings.TrimSpace(dependency)
		if slices.Contains([]string{"regexp", "text/template", "html/template", "encoding/xml"}, dependency) {
			t.Errorf("the program has %s in it: docs/decisions/size.md", dependency)
		}
	}
}

// TestLines: a room has at most 2,000 lines, but for the engine, and a file at most 400.
func TestLines(t *testing.T) {
	rooms := map[string]int{}
	for _, root := range []string{".", "../test", "../jsglue", "../demo", "../tools"} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case entry.IsDir() && slices.Contains([]string{"node_modules", ".cache", ".results", "_overlay"}, entry.Name()):
				return filepath.SkipDir
			case !slices.Contains([]string{".go", ".ts", ".mjs", ".js"}, filepath.Ext(path)), entry.Name() == "wire.ts", entry.Name() == "list.js":
				return nil // the last two are written by a program
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			lines := strings.Count(string(text), "\n")
			if lines > 400 {
				t.Errorf("%s has %d lines", path, lines)
			}
			if room, _, in := strings.Cut(path, "/"); in && root == "." && !strings.HasSuffix(path, "_test.go") {
				rooms[room] += lines
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for room, lines := range rooms {
		if lines > 2000 && room != "engine" {
			t.Errorf("%s has %d lines", room, lines)
		}
	}
	if len(rooms) < 10 {
		t.Errorf("rooms %v", rooms)
	}
}

// Dependencies point inward.
func TestDirections(t *testing.T) {
	const module = "background-fetch-wasm/"
	allowed := map[string][]string{
		"bgfetch":  {},
		"ranges":   {"bgfetch"},
		"digest":   {"bgfetch", "ranges"},
		"verify":   {"bgfetch", "ranges", "digest"},
		"evidence": {"bgfetch", "ranges"},
		"pace":     {},
		"schedule": {"bgfetch"},
		"part":     {"bgfetch", "ranges", "evidence", "digest"},
		"download": {"bgfetch", "ranges", "evidence", "digest", "verify", "pace", "part"},
		"coalesce": {},
		"library":  {"bgfetch", "coalesce"},
		"engine":   {"bgfetch", "ranges", "digest", "evidence", "pace", "schedule", "download", "library", "coalesce"},
		"httpapi":  {"bgfetch", "engine"},
		"idbstore": {"bgfetch"},
		"browser":  {"bgfetch"},
		".":        {"bgfetch", "engine", "pace", "httpapi", "idbstore", "browser"},
	}
	eachGoFile(t, func(path string, _ []byte, imports []string) {
		if strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "_") {
			return
		}
		arrows, isRoom := allowed[filepath.Dir(path)]
		if !isRoom {
			t.Errorf("%s is in none of the rooms", path)
		}
		for _, imported := range imports {
			if room, ours := strings.CutPrefix(imported, module+"wasm/"); ours && !slices.Contains(arrows, room) {
				t.Errorf("%s imports %s", path, imported)
			}
		}
	})
}

// Whatever is for the browser alone says so, and nothing else knows JS.
func TestBrowserRooms(t *testing.T) {
	eachGoFile(t, func(path string, source []byte, imports []string) {
		if isBrowserRoom(filepath.Dir(path)) && (filepath.Dir(path) != "." || !strings.HasSuffix(path, "_test.go")) {
			if !isForJSOnly(source) {
				t.Errorf("%s lacks //go:build js && wasm", path)
			}
			return
		}
		for _, imported := range imports {
			if isBrowserPackage(imported) {
				t.Errorf("%s imports %s", path, imported)
			}
		}
	})
}

func isForJSOnly(source []byte) bool {
	for line := range strings.Lines(string(source)) {
		if !constraint.IsGoBuild(line) {
			continue
		}
		expression, err := constraint.Parse(strings.TrimSpace(line))
		return err == nil && expression.String() == "js && wasm"
	}
	return false
}

// eachGoFile visits the Go files of this directory and below.
func eachGoFile(t *testing.T, visit func(path string, source []byte, imports []string)) {
	t.Helper()
	count := 0
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" {
			return err
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, source, parser.ImportsOnly)
		if err != nil {
			return err
		}
		imports := make([]string, len(file.Imports))
		for i, spec := range file.Imports {
			if imports[i], err = strconv.Unquote(spec.Path.Value); err != nil {
				return err
			}
		}
		visit(path, source, imports)
		count++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if count < 10 {
		t.Fatalf("found %d Go files only", count)
	}
}

package main_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// architecture is the page of locks, goroutines and limits.
const architecture = "../docs/architecture.md"

// TestLocksAreDocumented: each lock has its place in the order that the page tells.
func TestLocksAreDocumented(t *testing.T) {
	text := read(t, architecture)
	count := 0
	want := func(kind ast.Expr, names []*ast.Ident, of string) {
		if !isLock(kind) {
			return
		}
		for _, name := range names {
			count++
			if lock := "`" + of + name.Name + "`"; !strings.Contains(text, lock) {
				t.Errorf("docs/architecture.md does not say where %s stands in the order of locks", lock)
			}
		}
	}
	eachDeclaration(t, func(_ string, node ast.Node) {
		switch spec := node.(type) {
		case *ast.ValueSpec:
			want(spec.Type, spec.Names, "")
		case *ast.TypeSpec:
			if of, ok := spec.Type.(*ast.StructType); ok {
				for _, field := range of.Fields.List {
					want(field.Type, field.Names, spec.Name.Name+".")
				}
			}
		}
	})
	if count < 10 {
		t.Errorf("found %d locks only", count)
	}
}

func isLock(kind ast.Expr) bool {
	selector, ok := kind.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	from, ok := selector.X.(*ast.Ident)
	return ok && from.Name == "sync" && (selector.Sel.Name == "Mutex" || selector.Sel.Name == "RWMutex")
}

// milliseconds is a time in TypeScript.
var milliseconds = regexp.MustCompile(`(?m)^(?:export )?const ([A-Z_]+_MS) = ([\d_]+);`)

// TestTimesAreDocumented: each time that is written in the code has a row, in the table of limits or in that
// of other times, with its value. Where several have one name the row says which file it is of.
func TestTimesAreDocumented(t *testing.T) {
	text := read(t, architecture)
	var rows []string
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "|") {
			rows = append(rows, line)
		}
	}
	found := map[string]map[string]time.Duration{} // by name, by file
	add := func(name, file string, value time.Duration) {
		if found[name] == nil {
			found[name] = map[string]time.Duration{}
		}
		found[name][file] = value
	}
	eachDeclaration(t, func(file string, node ast.Node) {
		spec, ok := node.(*ast.ValueSpec)
		if !ok {
			return
		}
		for i, value := range spec.Values {
			if duration, ok := durationOf(value); ok && duration > 0 {
				add(spec.Names[i].Name, "wasm/"+file, duration)
			}
		}
	})
	goTimes := len(found)
	eachTypeScript(t, func(file, source string) {
		for _, match := range milliseconds.FindAllStringSubmatch(source, -1) {
			ms, err := strconv.Atoi(strings.ReplaceAll(match[2], "_", ""))
			if err != nil {
				t.Fatal(err)
			}
			add(match[1], file, time.Duration(ms)*time.Millisecond)
		}
	})
	for name, files := range found {
		for file, value := range files {
			isRow := func(row string) bool {
				return strings.Contains(row, "`"+name+"`") && (len(files) == 1 || strings.Contains(row, "`"+file+"`"))
			}
			hasValue := func(row string) bool {
				return isRow(row) && regexp.MustCompile(`(^|[^\d.])`+regexp.QuoteMeta(textOf(value))+`\b`).MatchString(row)
			}
			switch {
			case !slices.ContainsFunc(rows, isRow):
				t.Errorf("docs/architecture.md has no row with `%s` in `%s`", name, file)
			case !slices.ContainsFunc(rows, hasValue):
				t.Errorf("docs/architecture.md does not say that `%s` in `%s` is %s", name, file, textOf(value))
			}
		}
	}
	if goTimes < 20 || len(found)-goTimes < 30 {
		t.Errorf("found few times: %v", slices.Sorted(maps.Keys(found)))
	}
}

// durationOf is the value of an expression that is a time, written with its unit.
func durationOf(expression ast.Expr) (time.Duration, bool) {
	units := map[string]time.Duration{"Millisecond": time.Millisecond, "Second": time.Second, "Minute": time.Minute, "Hour": time.Hour}
	switch e := expression.(type) {
	case *ast.SelectorExpr:
		unit, ok := units[e.Sel.Name]
		return unit, ok
	case *ast.BinaryExpr:
		times, ok := e.X.(*ast.BasicLit)
		unit, known := durationOf(e.Y)
		if !ok || !known || e.Op != token.MUL {
			return 0, false
		}
		n, err := strconv.Atoi(times.Value)
		return time.Duration(n) * unit, err == nil
	}
	return 0, false
}

// textOf writes a time as documents do.
func textOf(value time.Duration) string {
	number := func(unit time.Duration) string {
		return strconv.FormatFloat(float64(value)/float64(unit), 'g', -1, 64)
	}
	switch {
	case value < time.Second:
		return number(time.Millisecond) + " ms"
	case value < time.Minute:
		return number(time.Second) + " s"
	case value < time.Hour:
		return number(time.Minute) + " min"
	}
	return number(time.Hour) + " h"
}

// eachDeclaration visits what the code of the program declares.
func eachDeclaration(t *testing.T, visit func(file string, node ast.Node)) {
	t.Helper()
	eachGoFile(t, func(file string, source []byte, _ []string) {
		if strings.HasSuffix(file, "_test.go") || strings.HasPrefix(file, "_") {
			return
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, source, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(node ast.Node) bool {
			visit(file, node)
			return true
		})
	})
}

// eachTypeScript visits the files of the glue.
func eachTypeScript(t *testing.T, visit func(file, source string)) {
	t.Helper()
	err := filepath.WalkDir("../jsglue", func(name string, _ fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(name) == ".ts" {
			visit(strings.TrimPrefix(filepath.ToSlash(name), "../"), read(t, name))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

package wire

import (
	"go/ast"
	"go/build"
	"go/constant"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const module = "background-fetch-wasm/wasm/"

// source is a package with its syntax, as it is compiled for js/wasm.
type source struct {
	*types.Package
	types.Info
	files []*ast.File
	// functions are the functions and methods that it declares.
	functions map[types.Object]*ast.FuncDecl
}

// load reads a package of wasm/ and what it imports.
func load(t *testing.T, imports types.Importer, files *token.FileSet, name string) *source {
	t.Helper()
	directory, err := filepath.Abs(filepath.Join("../../wasm", name))
	if err != nil {
		t.Fatal(err)
	}
	found, err := build.ImportDir(directory, 0)
	if err != nil {
		t.Fatal(err)
	}
	s := &source{functions: map[types.Object]*ast.FuncDecl{}}
	for _, file := range found.GoFiles {
		parsed, err := parser.ParseFile(files, filepath.Join(directory, file), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		s.files = append(s.files, parsed)
	}
	s.Info = types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}}
	config := types.Config{Importer: imports}
	if s.Package, err = config.Check(module+name, files, s.files, &s.Info); err != nil {
		t.Fatal(err)
	}
	for _, file := range s.files {
		for _, declaration := range file.Decls {
			if function, ok := declaration.(*ast.FuncDecl); ok && function.Body != nil {
				s.functions[s.Defs[function.Name]] = function
			}
		}
	}
	return s
}

// loadAll returns packages browser, httpapi and idbstore.
func loadAll(t *testing.T) (browser, httpapi, idbstore *source) {
	t.Helper()
	before := build.Default
	t.Cleanup(func() { build.Default = before })
	build.Default.GOOS, build.Default.GOARCH = "js", "wasm"
	files := token.NewFileSet()
	imports := importer.ForCompiler(files, "gc", compiled(t))
	return load(t, imports, files, "browser"), load(t, imports, files, "httpapi"), load(t, imports, files, "idbstore")
}

// compiled finds what the compiler exports of each package that these import.
func compiled(t *testing.T) importer.Lookup {
	t.Helper()
	command := exec.Command("go", "list", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}", "../../wasm/browser", "../../wasm/httpapi", "../../wasm/idbstore")
	command.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	command.Stderr = os.Stderr
	output, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	exports := map[string]string{}
	for line := range strings.Lines(string(output)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), "\t")
		exports[path] = file
	}
	return func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) }
}

// text is the value of an expression that is a constant string.
func (s *source) text(expression ast.Expr) (string, bool) {
	value := s.Types[expression].Value
	if value == nil || value.Kind() != constant.String {
		return "", false
	}
	return constant.StringVal(value), true
}

// called is the function or method that is called, nil where that is not known before.
func (s *source) called(call *ast.CallExpr) *types.Func {
	var name *ast.Ident
	switch function := call.Fun.(type) {
	case *ast.Ident:
		name = function
	case *ast.SelectorExpr:
		name = function.Sel
	default:
		return nil
	}
	function, _ := s.Uses[name].(*types.Func)
	return function
}

// argument is the one for the parameter of that name, nil where there is none.
func argument(call *ast.CallExpr, function *types.Func, name string) ast.Expr {
	parameters := function.Signature().Params()
	for i := range parameters.Len() {
		if parameters.At(i).Name() == name && i < len(call.Args) {
			return call.Args[i]
		}
	}
	return nil
}

// pointedTo is the type of what a pointer is given of, as by &v.
func (s *source) pointedTo(expression ast.Expr) types.Type {
	t := s.Types[expression].Type
	if pointer, ok := t.(*types.Pointer); ok {
		return pointer.Elem()
	}
	return t
}

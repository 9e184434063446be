package engine

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What the comment of a function says: that it is called with the engine's lock held, that nobody else
// has what it works on, or that it calls the functions that it is given with the lock held.
var (
	saysHeld  = regexp.MustCompile(`(e\.mu|engine's\s+lock)\s+is\s+held`)
	saysAlone = regexp.MustCompile(`[Nn]obody\s(else\s)?(works\son|knows)`)
	saysCalls = regexp.MustCompile(`call(s|ed)\s[^.]*(with\s+(e\.mu|the\s+engine's\s+lock)\s+held|under\s+the\s+engine's\s+lock)`)
)

// lockRules are what has to be used with the engine's lock held: fields of Engine, of background fetches
// and records (of), and functions, by name. lending are the functions that call others so.
type lockRules struct{ fields, of, functions, lending map[string]bool }

// Fields of background fetches and records that are the same from the beginning on, or have locks of
// their own, and members of their state that nobody changes.
var (
	unguarded = map[string]bool{
		"engine": true, "records": true, "retry": true, "group": true, "ctx": true, "cancel": true, "transfers": true,
		"storing": true, "fetch": true, "Index": true, "job": true,
	}
	unchanged = map[string]bool{
		"UniqueID": true, "ID": true, "Created": true, "Title": true, "Icons": true, "DownloadTotal": true,
		"UploadTotal": true, "Group": true, "Keep": true, "Room": true, "Retry": true,
	}
)

// What stands in Engine below its lock, what changes of background fetches and records, and the functions that say that it is held, are used only
// where the same function has taken it, or says so too. The race detector finds an access without
// the lock only where two meet.
func TestWhatTheLockGuardsIsUsedUnderIt(t *testing.T) {
	files := token.NewFileSet()
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var functions []*ast.FuncDecl
	rules := lockRules{map[string]bool{"scheduler": true}, map[string]bool{}, map[string]bool{}, map[string]bool{}}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(files, path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range file.Decls {
			if function, ok := declaration.(*ast.FuncDecl); ok {
				functions = append(functions, function)
				if doc := function.Doc.Text(); saysHeld.MatchString(doc) && !saysAlone.MatchString(doc) {
					rules.functions[function.Name.Name] = true
				}
				if saysCalls.MatchString(function.Doc.Text()) {
					rules.lending[function.Name.Name] = true
				}
			}
		}
		rules.addFields(file)
	}
	if !rules.fields["remains"] || !rules.of["settling"] || !rules.of["despite"] || !rules.functions["dropRemains"] || !rules.lending["wait"] || len(functions) < 200 {
		t.Fatalf("%d functions, and these rules: %+v", len(functions), rules)
	}
	for _, function := range functions {
		// Nobody else knows what is only being made.
		if rules.functions[function.Name.Name] || saysAlone.MatchString(function.Doc.Text()) || strings.HasPrefix(strings.ToLower(function.Name.Name), "new") {
			continue
		}
		for _, use := range rules.unlocked(function.Body, false) {
			t.Errorf("%s: %s uses %s, and nothing says that e.mu is held", files.Position(use.Pos()), function.Name.Name, use.Name)
		}
	}
}

// addFields adds the fields of Engine that stand below its lock, and those of background fetches and
// records that it guards.
func (rules lockRules) addFields(file *ast.File) {
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.TypeSpec)
		if !ok {
			return true
		}
		if name := spec.Name.Name; name == "backgroundFetch" || name == "record" {
			for _, field := range spec.Type.(*ast.StructType).Fields.List {
				for _, name := range field.Names {
					rules.of[name.Name] = rules.of[name.Name] || !unguarded[name.Name]
				}
			}
		}
		if spec.Name.Name != "Engine" {
			return true
		}
		below := false
		for _, field := range spec.Type.(*ast.StructType).Fields.List {
			for _, name := range field.Names {
				if below {
					rules.fields[name.Name] = true
				}
				below = below || name.Name == "mu"
			}
		}
		return false
	})
}

// unlocked are the uses, in the body of a function, of what has to be used with the lock held,
// where it is not. What is called later, in another goroutine, has to lock by itself.
func (rules lockRules) unlocked(body *ast.BlockStmt, locked bool) (uses []*ast.Ident) {
	var visit func(ast.Node) bool
	visit = func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.DeferStmt:
			return called(node.Call) != "Unlock" // which is at the end
		case *ast.GoStmt:
			uses = append(uses, rules.unlockedIn(node.Call.Args, false)...)
			uses = append(uses, rules.unlockedIn([]ast.Expr{node.Call.Fun}, false)...)
			return false
		case *ast.BlockStmt:
			before := locked
			for _, statement := range node.List {
				ast.Inspect(statement, visit)
			}
			if len(node.List) > 0 && leaves(node.List[len(node.List)-1]) {
				locked = before // what follows the block comes from before it
			}
			return false
		case *ast.CallExpr:
			name := called(node)
			switch {
			case name == "Lock" || name == "Unlock":
				if of, ok := node.Fun.(*ast.SelectorExpr).X.(*ast.SelectorExpr); ok && of.Sel.Name == "mu" {
					locked = name == "Lock"
				}
			case name == "goWork" || rules.lending[name]:
				uses = append(uses, rules.unlockedIn(node.Args, name != "goWork")...)
				return false
			case rules.functions[name] && !locked:
				uses = append(uses, node.Fun.(*ast.SelectorExpr).Sel)
			}
		case *ast.SelectorExpr:
			if of, ok := node.X.(*ast.SelectorExpr); ok && of.Sel.Name == "state" && unchanged[node.Sel.Name] {
				ast.Inspect(of.X, visit)
				return false
			}
			if !locked && (rules.fields[node.Sel.Name] && isEngine(node.X) || rules.of[node.Sel.Name] && isOfEngine(node.X)) {
				uses = append(uses, node.Sel)
			}
		}
		return true
	}
	ast.Inspect(body, visit)
	return uses
}

// unlockedIn is unlocked for the function literals among the arguments of a call.
func (rules lockRules) unlockedIn(arguments []ast.Expr, locked bool) (uses []*ast.Ident) {
	for _, argument := range arguments {
		if literal, ok := argument.(*ast.FuncLit); ok {
			uses = append(uses, rules.unlocked(literal.Body, locked)...)
		}
	}
	return uses
}

// leaves says whether what follows a statement is not what stands after its block.
func leaves(last ast.Stmt) bool {
	switch last.(type) {
	case *ast.ReturnStmt, *ast.BranchStmt:
		return true
	}
	return false
}

// called is the name of the method that a call calls.
func called(call *ast.CallExpr) string {
	if method, ok := call.Fun.(*ast.SelectorExpr); ok {
		return method.Sel.Name
	}
	return ""
}

// isEngine says whether an expression is an engine: e, or the engine of something.
func isEngine(expression ast.Expr) bool {
	switch expression := expression.(type) {
	case *ast.Ident:
		return expression.Name == "e"
	case *ast.SelectorExpr:
		return expression.Sel.Name == "engine"
	}
	return false
}

// isOfEngine says whether an expression is a background fetch or a record.
func isOfEngine(expression ast.Expr) bool {
	switch expression := expression.(type) {
	case *ast.Ident:
		return expression.Name == "f" || expression.Name == "r" || expression.Name == "o"
	case *ast.SelectorExpr:
		return expression.Sel.Name == "fetch" || expression.Sel.Name == "record"
	}
	return false
}

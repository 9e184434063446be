package wire

import (
	"fmt"
	"go/ast"
	"go/types"
	"maps"
	"slices"
	"strings"
	"testing"
)

// routes is the interface Routes: "METHOD path", with the names of what its query may have, as
// a URI template (RFC 6570) -> the JSON of the request and of the reply.
func routes(t *testing.T, httpapi *source, d declarations) string {
	t.Helper()
	found := map[string]string{}
	constructor := httpapi.functions[httpapi.Scope().Lookup("New")]
	ast.Inspect(constructor.Body, func(node ast.Node) bool {
		call, ok := node.(*ast.CallExpr)
		if !ok || len(call.Args) != 2 {
			return true
		}
		pattern, ok := httpapi.text(call.Args[0])
		if !ok || pattern == "/" { // the rest is not there
			return true
		}
		path := strings.TrimPrefix(strings.TrimSuffix(pattern, "{$}"), "/")
		byMethod, ok := call.Args[1].(*ast.CompositeLit)
		if !ok { // it leads to another path
			found["* "+path] = "unknown"
			return true
		}
		for _, element := range byMethod.Elts {
			pair := element.(*ast.KeyValueExpr)
			method, _ := httpapi.text(pair.Key)
			h := handler{source: httpapi, declarations: d, seen: map[*ast.FuncDecl]bool{}}
			h.visitNamed(pair.Value)
			found[method+" "+path+h.queryTemplate()] = h.String()
		}
		return true
	})
	if len(found) < 20 {
		t.Errorf("found %d paths only", len(found))
	}
	var b strings.Builder
	b.WriteString("export interface Routes {\n")
	for _, route := range slices.Sorted(maps.Keys(found)) {
		fmt.Fprintf(&b, "  '%s': %s;\n", route, found[route])
	}
	b.WriteString("}\n")
	return b.String()
}

// handler is what a handler reads and writes, with all that it calls.
type handler struct {
	*source
	declarations declarations
	seen         map[*ast.FuncDecl]bool
	query        []string
	request      []string
	reply        []string
}

// visitNamed looks into the function, or method, that an expression names.
func (h *handler) visitNamed(expression ast.Expr) {
	switch e := expression.(type) {
	case *ast.Ident:
		h.visit(h.functions[h.Uses[e]])
	case *ast.SelectorExpr:
		h.visit(h.functions[h.Uses[e.Sel]])
	}
}

func (h *handler) visit(function *ast.FuncDecl) {
	if function == nil || h.seen[function] {
		return
	}
	h.seen[function] = true
	ast.Inspect(function.Body, func(node ast.Node) bool {
		switch n := node.(type) {
		case *ast.CallExpr:
			h.visitCall(n)
		case *ast.IndexExpr:
			h.note(n.X, n.Index)
		}
		return true
	})
}

func (h *handler) visitCall(call *ast.CallExpr) {
	function := h.called(call)
	if function == nil {
		return
	}
	if selector, ok := call.Fun.(*ast.SelectorExpr); ok && len(call.Args) == 1 {
		h.note(selector.X, call.Args[0])
	}
	if function.Pkg() != h.Package {
		if function.FullName() == "encoding/json.Marshal" { // of what the glue puts bytes in the place of
			h.add(&h.reply, h.Types[call.Args[0]].Type)
		}
		return
	}
	switch function.Name() {
	case "readJSON":
		h.add(&h.request, h.pointedTo(call.Args[2]))
	case "reply", "writeJSON":
		h.add(&h.reply, h.Types[argument(call, function, "v")].Type)
	case "writeError", "writeProblem": // any path may have that
	default:
		h.visit(h.functions[function])
	}
}

// note adds the name of a member of the query, where that is one.
func (h *handler) note(values, name ast.Expr) {
	if t := h.Types[values].Type; t == nil || t.String() != "net/url.Values" {
		return
	}
	if text, ok := h.text(name); ok && !slices.Contains(h.query, text) {
		h.query = append(h.query, text)
	}
}

func (h *handler) add(to *[]string, t types.Type) {
	if text := h.declarations.of(t); !slices.Contains(*to, text) {
		*to = append(*to, text)
	}
}

func (h *handler) queryTemplate() string {
	if len(h.query) == 0 {
		return ""
	}
	slices.Sort(h.query)
	return "{?" + strings.Join(h.query, ",") + "}"
}

func (h *handler) String() string {
	var members []string
	if len(h.request) > 0 {
		members = append(members, "request: "+strings.Join(h.request, " | "))
	}
	if len(h.reply) > 0 {
		members = append(members, "reply: "+strings.Join(h.reply, " | "))
	}
	if len(members) == 0 {
		return "unknown"
	}
	return "{ " + strings.Join(members, "; ") + " }"
}

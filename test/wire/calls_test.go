package wire

import (
	"fmt"
	"go/ast"
	"maps"
	"slices"
	"strings"
	"testing"
)

// hostMethods is the interface HostMethods: method name -> [arguments, result], as package
// browser calls them.
func hostMethods(t *testing.T, browser *source, d declarations) string {
	t.Helper()
	methods := map[string]string{}
	for _, file := range browser.files {
		ast.Inspect(file, func(node ast.Node) bool {
			call, ok := node.(*ast.CallExpr)
			if !ok {
				return true
			}
			function := browser.called(call)
			if function == nil || function.Pkg() != browser.Package {
				return true
			}
			method := argument(call, function, "method")
			args := argument(call, function, "args")
			if method == nil || args == nil {
				return true
			}
			name, ok := browser.text(method)
			if !ok { // within one of these functions
				return true
			}
			answer := "null"
			if result := argument(call, function, "result"); result != nil {
				answer = d.of(browser.pointedTo(result))
			}
			text := fmt.Sprintf("[%s, %s]", d.of(browser.Types[args].Type), answer)
			if known, ok := methods[name]; ok && known != text {
				t.Errorf("%s is called as %s and as %s", name, known, text)
			}
			methods[name] = text
			return true
		})
	}
	var b strings.Builder
	b.WriteString("export interface HostMethods {\n")
	for _, name := range slices.Sorted(maps.Keys(methods)) {
		fmt.Fprintf(&b, "  %s: %s;\n", name, methods[name])
	}
	b.WriteString("}\n")
	return b.String()
}

package main_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	// A sentence that begins with a small letter begins with a name.
	nameFirst = regexp.MustCompile(`(?:^|[.] )([a-z]\w*)\b`)
	// Some word, and what it is said to be.
	wordFirst = regexp.MustCompile(`^([A-Za-z]\w*)(?: (?:is|are|says|returns|has|bounds|counts)\b|:)`)
	// A word with a capital letter within, as names have, and no text.
	camelCase = regexp.MustCompile(`\b[a-z]+[a-z0-9]*[A-Z]\w*\b`)
	word      = regexp.MustCompile(`\w+`)
	// In TypeScript.
	comment = regexp.MustCompile(`(?s)/\*.*?\*/|(?m)(^|[^:])//.*$`)
)

// names are those that Go code has.
type names map[string]bool

// TestCommentsNameWhatThereIs: what stands above a field or a declaration names that, as it is
// written there, and no comment has a name that no code has.
func TestCommentsNameWhatThereIs(t *testing.T) {
	all := names{}
	for _, folder := range []string{"../jsglue", "../test", "../demo"} {
		addTypeScript(t, folder, all)
	}
	files := token.NewFileSet()
	rooms := map[string][]*ast.File{}
	eachGoFile(t, func(path string, source []byte, _ []string) {
		if strings.HasPrefix(path, "_") {
			return
		}
		file, err := parser.ParseFile(files, path, source, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		rooms[filepath.Dir(path)] = append(rooms[filepath.Dir(path)], file)
		all.add(file)
	})
	for _, room := range rooms {
		own := names{}
		for _, file := range room {
			own.add(file)
		}
		for _, file := range room {
			ast.Inspect(file, func(node ast.Node) bool {
				for doc, declared := range documented(node) {
					for _, wrong := range misnamed(doc.Text(), declared, own) {
						t.Errorf("%s: above %s stands %q", files.Position(doc.Pos()), strings.Join(declared, ", "), wrong)
					}
				}
				return true
			})
			for _, group := range file.Comments {
				for _, name := range camelCase.FindAllString(group.Text(), -1) {
					if !all[name] {
						t.Errorf("%s: nothing is called %s", files.Position(group.Pos()), name)
					}
				}
			}
		}
	}
}

// documented are the comments above the node, each with the names that it is for.
func documented(node ast.Node) map[*ast.CommentGroup][]string {
	var doc *ast.CommentGroup
	var declared []*ast.Ident
	switch n := node.(type) {
	case *ast.Field:
		doc, declared = n.Doc, n.Names
	case *ast.FuncDecl:
		doc, declared = n.Doc, []*ast.Ident{n.Name}
	case *ast.TypeSpec:
		doc, declared = n.Doc, []*ast.Ident{n.Name}
	case *ast.ValueSpec:
		doc, declared = n.Doc, n.Names
	case *ast.GenDecl:
		if n.Lparen.IsValid() || len(n.Specs) == 0 {
			return nil
		}
		switch spec := n.Specs[0].(type) {
		case *ast.TypeSpec:
			doc, declared = n.Doc, []*ast.Ident{spec.Name}
		case *ast.ValueSpec:
			doc, declared = n.Doc, spec.Names
		}
	}
	if doc == nil || len(declared) == 0 {
		return nil
	}
	list := make([]string, len(declared))
	for i, name := range declared {
		list[i] = name.Name
	}
	return map[*ast.CommentGroup][]string{doc: list}
}

// misnamed are the names in a comment that it should not have: of nothing in the room, or of
// something else than is declared below it.
func misnamed(text string, declared []string, own names) []string {
	text = strings.Join(strings.Fields(text), " ")
	var wrong []string
	for _, match := range nameFirst.FindAllStringSubmatch(text, -1) {
		if !own[match[1]] {
			wrong = append(wrong, match[1])
		}
	}
	if match := wordFirst.FindStringSubmatch(text); match != nil && !slices.Contains(declared, match[1]) {
		sameButForCase := slices.ContainsFunc(declared, func(name string) bool { return strings.EqualFold(name, match[1]) })
		if sameButForCase || own[match[1]] {
			wrong = append(wrong, match[1])
		}
	}
	return slices.Compact(wrong)
}

// add adds the identifiers of a file.
func (n names) add(file *ast.File) {
	ast.Inspect(file, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.Ident:
			n[node.Name] = true
		case *ast.BasicLit:
			for _, name := range word.FindAllString(node.Value, -1) {
				n[name] = true
			}
		}
		return true
	})
}

// addTypeScript adds all words of the scripts in a folder, but for those of their comments.
func addTypeScript(t *testing.T, folder string, all names) {
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains([]string{"node_modules", ".cache", ".results"}, entry.Name()):
			return filepath.SkipDir
		case !slices.Contains([]string{".ts", ".mjs", ".js"}, filepath.Ext(path)):
			return nil
		}
		text, err := os.ReadFile(path)
		for _, name := range word.FindAllString(comment.ReplaceAllString(string(text), ""), -1) {
			all[name] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

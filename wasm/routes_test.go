package main_test

import (
	"cmp"
	"regexp"
	"strings"
	"testing"
)

var (
	route  = regexp.MustCompile(`mux\.Handle\("/([^"]*)", methods\{([^}]*)\}`)
	method = regexp.MustCompile(`http\.Method(\w+):`)
	span   = regexp.MustCompile("`(?:(GET|POST|DELETE) )?([\\w<>/.]+)(\\?[^`]*)?`")
)

// ownPages are the routes of the downloads page, which docs/http.md names without a table.
var ownPages = map[string]bool{"GET {$}": true, "GET list.js": true, "GET language.js": true, "GET page.css": true}

// TestRoutesAreDocumented: docs/http.md names each route of the handler with its method, and no other.
func TestRoutesAreDocumented(t *testing.T) {
	document := strings.NewReplacer("fetches/{uniqueId}", "ids/<id>", "{uniqueId}", "<uniqueId>", "{index}", "<index>", "{number}", "<number>")
	routes := map[string]bool{} // and whether they are documented
	for _, match := range route.FindAllStringSubmatch(read(t, "httpapi/httpapi.go"), -1) {
		for _, name := range method.FindAllStringSubmatch(match[2], -1) {
			routes[strings.ToUpper(name[1])+" "+document.Replace(match[1])] = ownPages[strings.ToUpper(name[1])+" "+match[1]]
		}
	}
	for line := range strings.Lines(read(t, "../docs/http.md")) {
		cell := line
		if strings.HasPrefix(line, "|") {
			cell = strings.Split(line, " | ")[0]
		}
		name, before := "", ""
		for _, match := range span.FindAllStringSubmatch(cell, -1) {
			if match[1] != "" {
				name = match[1]
			} else if name == "" && match[3] == "" && !strings.Contains(match[2], "/") {
				continue // a word that is no path
			}
			asked, path := cmp.Or(name, "GET"), match[2]
			// `POST ids/<id>/abort`, `pause` is short for two with one folder.
			beside := before[:strings.LastIndex(before, "/")+1] + path
			_, isRoute := routes[asked+" "+path]
			_, isBeside := routes[asked+" "+beside]
			switch {
			case isRoute:
				before = path
			case isBeside && match[1] == "":
				before = beside
			case match[1] != "":
				t.Errorf("docs/http.md names %s %s, which is no route", asked, path)
				continue
			default:
				continue
			}
			routes[asked+" "+before] = true
		}
	}
	for route, documented := range routes {
		if !documented {
			t.Errorf("docs/http.md does not name %s", route)
		}
	}
	if len(routes) < 30 {
		t.Errorf("found %d routes only", len(routes))
	}
}

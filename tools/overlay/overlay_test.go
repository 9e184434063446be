package main

import (
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	standin "background-fetch-wasm/wasm/_overlay/net"
)

// newSource makes a folder like GOROOT/src.
func newSource(t *testing.T, files map[string]string) string {
	t.Helper()
	source := t.TempDir()
	for name, content := range files {
		file := filepath.Join(source, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return source
}

// What Go has changed is told of, all of it, with its name.
func TestCheck(t *testing.T) {
	files := map[string]string{
		"unique/a.go":      "package unique",
		"unique/a_test.go": "package unique",
		"sort/sort.go":     "if limit == 0 {",
	}
	source := newSource(t, files)
	sum, err := hashOf([]string{filepath.Join(source, "unique/a.go")})
	if err != nil {
		t.Fatal(err)
	}
	some := list{
		standIns: []standIn{{"unique", sum}},
		edits:    []edit{{"sort/sort.go", "limit == 0", "true"}},
	}
	if err := some.check(source); err != nil {
		t.Errorf("nothing is changed, but: %v", err)
	}
	for _, c := range []struct{ name, file, content, told string }{
		{"a test", "unique/a_test.go", "package unique_test", ""},
		{"a file", "unique/a.go", "package unique // changed", "unique: Go has changed it"},
		{"a file more", "unique/b.go", "package unique", "unique: Go has changed it"},
		{"what is edited", "sort/sort.go", "if limit < 1 {", `sort/sort.go: Go has changed what is edited: "limit == 0" is there 0 times`},
		{"the same once more", "sort/sort.go", "limit == 0 || limit == 0", "is there 2 times"},
	} {
		changed := newSource(t, files)
		if err := os.WriteFile(filepath.Join(changed, c.file), []byte(c.content), 0o644); err != nil {
			t.Fatal(err)
		}
		err := some.check(changed)
		if c.told == "" && err != nil || c.told != "" && (err == nil || !strings.Contains(err.Error(), c.told)) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if err := some.check(t.TempDir()); err == nil {
		t.Error("Go without the packages is as it was")
	}
}

// The files of a package that is stood in for are gone, but those of its tests.
func TestWrite(t *testing.T) {
	t.Chdir("../..")
	source := newSource(t, map[string]string{
		"unique/handle.go":      "package unique",
		"unique/canonmap.go":    "package unique",
		"unique/handle_test.go": "package unique",
		"sort/sort.go":          "if limit == 0 {",
	})
	directory := t.TempDir()
	some := list{
		standIns: []standIn{{pkg: "unique"}},
		edits:    []edit{{"sort/sort.go", "limit == 0", "true"}},
	}
	if err := some.write(source, directory); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(directory, "overlay.json"))
	if err != nil {
		t.Fatal(err)
	}
	var overlay struct{ Replace map[string]string }
	if err := json.Unmarshal(content, &overlay); err != nil {
		t.Fatal(err)
	}
	ours, err := filepath.Abs("wasm/_overlay/unique/handle.go")
	if err != nil {
		t.Fatal(err)
	}
	edited := filepath.Join(directory, "edited/sort/sort.go")
	for name, want := range map[string]string{"unique/handle.go": ours, "unique/canonmap.go": "", "sort/sort.go": edited} {
		if got, is := overlay.Replace[filepath.Join(source, name)]; !is || got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if len(overlay.Replace) != 3 {
		t.Errorf("replaced: %v", overlay.Replace)
	}
	if content, err := os.ReadFile(edited); err != nil || string(content) != "if true {" {
		t.Errorf("edited: %q, %v", content, err)
	}
}

// Hosts and ports are taken apart as package net does it: http.ServeMux asks for it.
func TestSplitHostPort(t *testing.T) {
	parts := []string{"", "a", "host.example", "::1", "[::1]", "[", "]", ":", "80", "[]", "[a", "a]", "%eth0"}
	for _, host := range parts {
		for _, port := range parts {
			if want, got := net.JoinHostPort(host, port), standin.JoinHostPort(host, port); got != want {
				t.Errorf("JoinHostPort(%q, %q): %q, want %q", host, port, got, want)
			}
			for _, address := range []string{host + ":" + port, host + port, "[" + host + "]:" + port} {
				wantHost, wantPort, wantErr := net.SplitHostPort(address)
				gotHost, gotPort, err := standin.SplitHostPort(address)
				if gotHost != wantHost || gotPort != wantPort || (err == nil) != (wantErr == nil) {
					t.Errorf("SplitHostPort(%q): %q, %q, %v, want %q, %q, %v", address, gotHost, gotPort, err, wantHost, wantPort, wantErr)
				}
			}
		}
	}
}

// TestSHA256: Go's own tests of SHA-256 pass with the function that the program has.
func TestSHA256(t *testing.T) {
	output, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	directory := t.TempDir()
	source := filepath.Join(strings.TrimSpace(string(output)), "src")
	if err := (list{edits: []edit{sha256Block}}).write(source, directory); err != nil {
		t.Fatal(err)
	}
	overlay := "-overlay=" + filepath.Join(directory, "overlay.json")
	// Without "purego" the processor's own instructions are tested.
	output, err = exec.Command("go", "test", "-v", "-count=1", "-tags=purego", overlay, "-run=Golden|BlockGeneric|Marshal|LargeHashes", "crypto/sha256").CombinedOutput()
	if err != nil || strings.Count(string(output), "--- PASS") < 3 {
		t.Errorf("%v\n%s", err, output)
	}
}

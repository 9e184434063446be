// Overlay leaves out of the program what of Go's standard library can never run in it.
//
//	go run ./tools/overlay write <directory>   writes overlay.json for go build, and edited files
//	go run ./tools/overlay check               fails where Go has changed what is left out
//
// Only the program is built with it (build.sh): tests see the standard library as it is.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// ours is the folder of what stands in, from the project's root.
const ours = "wasm/_overlay"

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "overlay:", err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	output, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return fmt.Errorf("go env GOROOT: %w", err)
	}
	source := filepath.Join(strings.TrimSpace(string(output)), "src")
	switch {
	case len(arguments) == 2 && arguments[0] == "write":
		return leftOut.write(source, arguments[1])
	case len(arguments) == 1 && arguments[0] == "check":
		return leftOut.check(source)
	}
	return errors.New("usage: overlay write <directory> | overlay check")
}

// write writes overlay.json to the directory, and beside it the files that are edited.
func (l list) write(source, directory string) error {
	directory, err := filepath.Abs(directory)
	if err != nil {
		return err
	}
	replace := map[string]string{}
	for _, s := range l.standIns {
		replaced, err := s.replaced(source)
		if err != nil {
			return err
		}
		for _, file := range replaced {
			replace[file] = ""
		}
		files, err := filepath.Glob(filepath.Join(ours, s.pkg, "*.go"))
		if err != nil || len(files) == 0 {
			return fmt.Errorf("%s: nothing stands in for it (%v)", s.pkg, err)
		}
		for _, file := range files {
			here, err := filepath.Abs(file)
			if err != nil {
				return err
			}
			replace[filepath.Join(source, s.pkg, filepath.Base(file))] = here
		}
	}
	edited, err := l.editedFiles(source)
	if err != nil {
		return err
	}
	for file, content := range edited {
		to := filepath.Join(directory, "edited", file)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(to, content, 0o644); err != nil {
			return err
		}
		replace[filepath.Join(source, file)] = to
	}
	overlay, err := json.MarshalIndent(map[string]any{"Replace": replace}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(directory, "overlay.json"), overlay, 0o644)
}

// replaced returns the paths of Go's files that the stand-in takes the place of.
func (s standIn) replaced(source string) ([]string, error) {
	all, err := filepath.Glob(filepath.Join(source, s.pkg, "*.go"))
	if err != nil {
		return nil, err
	}
	files := slices.DeleteFunc(all, func(file string) bool { return strings.HasSuffix(file, "_test.go") })
	if len(files) == 0 {
		return nil, fmt.Errorf("%s: Go has no such package", s.pkg)
	}
	return files, nil
}

// editedFiles returns the content of each file that is edited.
func (l list) editedFiles(source string) (map[string][]byte, error) {
	files := map[string][]byte{}
	var changed []error
	for _, e := range l.edits {
		content, is := files[e.file]
		if !is {
			var err error
			if content, err = os.ReadFile(filepath.Join(source, e.file)); err != nil {
				return nil, err
			}
		}
		if n := bytes.Count(content, []byte(e.old)); n != 1 {
			changed = append(changed, fmt.Errorf("%s: Go has changed what is edited: %q is there %d times", e.file, e.old, n))
		}
		files[e.file] = bytes.Replace(content, []byte(e.old), []byte(e.new), 1)
	}
	return files, errors.Join(changed...)
}

// check tells of all that Go has changed.
func (l list) check(source string) error {
	_, err := l.editedFiles(source)
	changed := []error{err}
	for _, s := range l.standIns {
		files, err := s.replaced(source)
		if err != nil {
			return err
		}
		hash, err := hashOf(files)
		if err != nil {
			changed = append(changed, fmt.Errorf("%s: %w", s.pkg, err))
		} else if hash != s.hash {
			changed = append(changed, fmt.Errorf("%s: Go has changed it: compare with %s/%s, then note hash %q", s.pkg, ours, s.pkg, hash))
		}
	}
	return errors.Join(changed...)
}

// hashOf returns the beginning of the SHA-256 of what is in the files.
func hashOf(files []string) (string, error) {
	sum := sha256.New()
	for _, file := range slices.Sorted(slices.Values(files)) {
		content, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(sum, "%s %d\n%s", filepath.Base(file), len(content), content)
	}
	return fmt.Sprintf("%x", sum.Sum(nil)[:8]), nil
}

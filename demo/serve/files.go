package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// catalogPath is where the page looks for the catalog, below its own address.
const catalogPath = "demo/files/catalog.json"

// catalog tells the page what its host has, as JSON.
type catalog struct {
	// Server is whether the host is this command, which can be broken and has a log.
	Server bool   `json:"server"`
	Files  []file `json:"files"`
}

// file is one download.
type file struct {
	// Path is relative to the page.
	Path  string `json:"path"`
	Title string `json:"title"`
	Kind  string `json:"kind"`
	// Media is "picture", "audio" or "".
	Media string `json:"media,omitempty"`
	// Size is in bytes, as it arrives.
	Size int64 `json:"size"`
	// Name is that in the log of the demo server.
	Name string `json:"name,omitempty"`
	// SHA256 is in hexadecimal; the demo server tells it when it is asked.
	SHA256 string `json:"sha256,omitempty"`
}

var (
	pictureFile = file{Title: "Hills at dusk", Kind: "Picture", Media: "picture"}
	clipFile    = file{Title: "Slow evening", Kind: "Music, 72 s", Media: "audio"}
	largeFile   = file{Title: "One gigabyte", Kind: "Random bytes"}
	programFile = file{Title: "This project’s program", Kind: "WebAssembly"}
)

// writeFiles writes what the page can download from a host that is not this
// command to demo/files of the repository at dir: it needs the built program there.
func writeFiles(dir string) error {
	image, err := picture()
	if err != nil {
		return err
	}
	program, err := os.ReadFile(filepath.Join(dir, "dist/bgfetch.wasm"))
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New("dist/bgfetch.wasm is not there; run ./build.sh build")
	} else if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, "demo/files"), 0o755); err != nil {
		return err
	}
	var known catalog
	for _, download := range []struct {
		file    file
		path    string
		content []byte
	}{
		{pictureFile, "demo/files/picture.png", image},
		{clipFile, "demo/files/clip.wav", clip()},
		{programFile, "dist/bgfetch.wasm", program},
	} {
		entry := download.file
		sum := sha256.Sum256(download.content)
		entry.Path, entry.Size, entry.SHA256 = download.path, int64(len(download.content)), hex.EncodeToString(sum[:])
		known.Files = append(known.Files, entry)
		if entry.Path == "dist/bgfetch.wasm" {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, entry.Path), download.content, 0o644); err != nil {
			return err
		}
	}
	text, err := json.MarshalIndent(known, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, catalogPath), append(text, '\n'), 0o644)
}

package httpapi

import (
	"archive/zip"
	"cmp"
	"encoding/binary"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"background-fetch-wasm/wasm/bgfetch"
)

// zip answers with one ZIP archive of the bodies of all records that have one, or
// of those that the query names (record=<index>, any number of times). The bodies
// are stored in it as they are, so that its length is known before a byte is read.
func (a api) zip(w http.ResponseWriter, r *http.Request) {
	if problem := refusedDestination(r); problem != "" {
		writeProblem(w, http.StatusForbidden, bgfetch.TypeError, problem)
		return
	}
	uniqueID := r.PathValue("uniqueId")
	_, records, err := a.engine.Match(uniqueID, nil, bgfetch.MatchOptions{}, false)
	if err != nil {
		writeError(w, err)
		return
	}
	records, ok := zipped(w, records, r.URL.Query()["record"])
	if !ok {
		return
	}
	id, title, err := a.engine.Title(uniqueID)
	if err != nil {
		writeError(w, err)
		return
	}
	archive := newArchive()
	for _, record := range records {
		archive.add(fileName(record), headerField(record, "Last-Modified"), planPath(r, uniqueID, record), record.Length)
	}
	parts, length := archive.close()
	header := w.Header()
	protect(header, "application/zip")
	header.Set("Content-Type", "application/zip")
	header.Set("Content-Disposition", attachment(safeName(flat.Replace(cmp.Or(title, id)))+".zip"))
	header.Set("Cache-Control", "no-store")
	header.Set("Accept-Ranges", "none")
	header.Set("Content-Length", strconv.FormatInt(length, 10))
	if r.Method != http.MethodHead {
		header.Set(StoredBodyField, "1")
	}
	w.WriteHeader(http.StatusOK)
	writeParts(w, parts)
}

// flat makes one name of a text that is no path.
var flat = strings.NewReplacer("/", "_", `\`, "_")

// zipped chooses the records. If there are none, or the length of one is not certain
// yet, it has answered.
func zipped(w http.ResponseWriter, records []bgfetch.RecordSnapshot, indexes []string) ([]bgfetch.RecordSnapshot, bool) {
	var chosen []bgfetch.RecordSnapshot
	for _, text := range indexes {
		index, ok := number(w, "record", text)
		if !ok {
			return nil, false
		}
		if index >= int64(len(records)) {
			writeError(w, fmt.Errorf("record %d: %w", index, bgfetch.ErrUnknown))
			return nil, false
		}
		chosen = append(chosen, records[index])
	}
	if indexes == nil {
		for _, record := range records {
			if readable(record) {
				chosen = append(chosen, record)
			}
		}
	}
	for _, record := range chosen {
		if !readable(record) || record.Head == nil || record.Length < 0 {
			writeProblem(w, http.StatusConflict, bgfetch.InvalidStateError,
				fmt.Sprintf("the length of record %d is not known", record.Index))
			return nil, false
		}
	}
	if len(chosen) == 0 {
		writeProblem(w, http.StatusNotFound, bgfetch.InvalidStateError, "there is no response body")
		return nil, false
	}
	return chosen, true
}

// archive makes the parts of a ZIP archive: what archive/zip writes, and the bodies,
// whose bytes it only counts. The checksums are not known here: whoever sends the
// bodies puts them in.
type archive struct {
	zip   *zip.Writer
	names names
	parts []Part
	sizes []int64 // of the bodies
	// skipping: what is written is a body.
	skipping bool
	length   int64
}

func newArchive() *archive {
	a := &archive{names: names{}}
	a.zip = zip.NewWriter(a)
	return a
}

// Write implements io.Writer for the zip.Writer.
func (a *archive) Write(data []byte) (int, error) {
	a.length += int64(len(data))
	if !a.skipping {
		if n := len(a.parts); n == 0 || a.parts[n-1].Plan != "" {
			a.parts = append(a.parts, Part{})
		}
		last := &a.parts[len(a.parts)-1]
		last.Bytes = append(last.Bytes, data...)
	}
	return len(data), nil
}

const (
	flagDescriptor = 0x8   // the checksum comes after the body
	flagUTF8       = 0x800 // of the name
	wide           = 1<<32 - 1
)

// add adds a file whose bytes lie where the plan says. modified is an HTTP date, or "".
func (a *archive) add(name, modified, plan string, size int64) {
	header := &zip.FileHeader{
		Name:               a.names.unique(name),
		Flags:              flagDescriptor | flagUTF8,
		CompressedSize64:   uint64(size),
		UncompressedSize64: uint64(size),
		ReaderVersion:      20,
	}
	if size >= wide {
		header.ReaderVersion = 45
	}
	header.SetMode(0o644)
	if t, err := http.ParseTime(modified); err == nil {
		//lint:ignore SA1019 Modified is not written for raw files
		header.SetModTime(t)
	}
	file, err := a.zip.CreateRaw(header)
	must(err)
	must(a.zip.Flush())
	a.skipping = true
	for left := size; left > 0; {
		n, err := file.Write(zeros[:min(left, int64(len(zeros)))])
		must(err)
		left -= int64(n)
	}
	must(a.zip.Flush())
	a.skipping = false
	a.parts = append(a.parts, Part{Plan: plan, To: size})
	a.sizes = append(a.sizes, size)
}

// zeros stand for bytes of bodies that are only counted.
var zeros [1 << 20]byte

// close ends the archive and returns its parts and its length in bytes.
func (a *archive) close() ([]Part, int64) {
	must(a.zip.Close())
	for i, size := range a.sizes {
		// After each body comes its descriptor: a signature and the checksum.
		descriptor := &a.parts[2*i+2]
		descriptor.Sums = append(descriptor.Sums, Sum{At: 4, Of: 2*i + 1})
		if i == len(a.sizes)-1 {
			a.sumDirectory(descriptor, size)
		}
	}
	return a.parts, a.length
}

// sumDirectory says where in the last part, after the last descriptor, the directory
// has the checksums.
func (a *archive) sumDirectory(last *Part, lastSize int64) {
	at := 16
	if lastSize >= wide {
		at = 24
	}
	for i := range a.sizes {
		entry := last.Bytes[at:]
		last.Sums = append(last.Sums, Sum{At: at + 16, Of: 2*i + 1})
		le := binary.LittleEndian
		at += 46 + int(le.Uint16(entry[28:])) + int(le.Uint16(entry[30:])) + int(le.Uint16(entry[32:]))
	}
}

// must: the archive is written to memory, and names are short.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

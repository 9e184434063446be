package httpapi

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"testing"
)

// assemble does what the glue does: it puts the bodies and their sums in their places.
func assemble(t *testing.T, parts []Part, bodies map[string][]byte) []byte {
	t.Helper()
	var whole bytes.Buffer
	for _, part := range parts {
		if part.Plan != "" {
			whole.Write(bodies[part.Plan][part.From:part.To])
			continue
		}
		for _, sum := range part.Sums {
			of := parts[sum.Of]
			binary.LittleEndian.PutUint32(part.Bytes[sum.At:], crc32.ChecksumIEEE(bodies[of.Plan][of.From:of.To]))
		}
		whole.Write(part.Bytes)
	}
	return whole.Bytes()
}

func TestArchive(t *testing.T) {
	bodies := map[string][]byte{"a": []byte("first"), "b": {}, "c": bytes.Repeat([]byte("x"), 3<<20+1)}
	a := newArchive()
	a.add("ä.txt", "Mon, 02 Jan 2023 03:04:05 GMT", "a", 5)
	a.add("Ä.TXT", "", "b", 0)
	a.add("c", "", "c", 3<<20+1)
	parts, length := a.close()
	whole := assemble(t, parts, bodies)
	if int64(len(whole)) != length {
		t.Errorf("%d bytes, said to be %d", len(whole), length)
	}
	r, err := zip.NewReader(bytes.NewReader(whole), length)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct{ name, plan string }{{"ä.txt", "a"}, {"Ä (2).TXT", "b"}, {"c", "c"}} {
		file, err := r.File[i].Open()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(file) // checks the sum
		if err != nil || r.File[i].Name != want.name || !bytes.Equal(body, bodies[want.plan]) {
			t.Errorf("%s: %d bytes, %v", r.File[i].Name, len(body), err)
		}
	}
	if year := r.File[0].Modified.Year(); year != 2023 {
		t.Errorf("modified in %d", year)
	}
}

// TestArchiveWithoutLimit: ZIP64, for bodies and offsets over 4 GiB, and at its limits.
func TestArchiveWithoutLimit(t *testing.T) {
	sizes := []int64{5 << 30, 3, 1<<32 - 2, 1<<32 - 1, 0, 1 << 32}
	a := newArchive()
	for _, size := range sizes {
		a.add("file", "", "s", size)
	}
	parts, length := a.close()
	r := markSums(t, parts, length)
	if len(r.File) != len(sizes) {
		t.Fatalf("%d files", len(r.File))
	}
	for i, file := range r.File {
		if int64(file.UncompressedSize64) != sizes[i] || int64(file.CompressedSize64) != sizes[i] || file.Method != zip.Store {
			t.Errorf("file %d: %+v", i, file.FileHeader)
		}
		if file.CRC32 != marked(2*i+1) {
			t.Errorf("file %d: the directory has %x where its sum belongs", i, file.CRC32)
		}
		// Where the directory says that the body is, and after it its descriptor.
		offset, err := file.DataOffset()
		if err != nil {
			t.Fatal(err)
		}
		around := make([]byte, 24)
		size := 16
		if sizes[i] >= 1<<32-1 {
			size = 24
		}
		if n, err := (sparse{parts}).ReadAt(around[:size], offset+sizes[i]); n != size {
			t.Fatal(err)
		}
		le := binary.LittleEndian
		told := int64(le.Uint32(around[8:]))
		if size == 24 {
			told = int64(le.Uint64(around[8:]))
		}
		if le.Uint32(around) != 0x08074b50 || le.Uint32(around[4:]) != marked(2*i+1) || told != sizes[i] {
			t.Errorf("file %d: the descriptor is %x", i, around[:size])
		}
	}
	small, err := r.File[1].Open()
	if err != nil {
		t.Fatal(err)
	}
	body := make([]byte, 3)
	if n, _ := io.ReadFull(small, body); n != 3 || body[0] != 's' {
		t.Errorf("the file between: %q", body)
	}
}

// TestArchiveOfManyFiles: more than a directory without ZIP64 can count.
func TestArchiveOfManyFiles(t *testing.T) {
	const count = 1<<16 + 5
	a := newArchive()
	for range count {
		a.add("a.txt", "", "s", 1)
	}
	parts, length := a.close()
	var whole bytes.Buffer
	for _, part := range parts {
		if part.Plan != "" {
			part.Bytes = []byte("s")
		}
		for _, sum := range part.Sums {
			binary.LittleEndian.PutUint32(part.Bytes[sum.At:], crc32.ChecksumIEEE([]byte("s")))
		}
		whole.Write(part.Bytes)
	}
	r, err := zip.NewReader(bytes.NewReader(whole.Bytes()), length)
	if err != nil || len(r.File) != count {
		t.Fatalf("%v", err)
	}
	names := map[string]bool{}
	for i, file := range r.File {
		names[file.Name] = true
		if file.CRC32 != crc32.ChecksumIEEE([]byte("s")) {
			t.Fatalf("file %d has the sum %x", i, file.CRC32)
		}
	}
	if len(names) != count {
		t.Errorf("%d names for %d files", len(names), count)
	}
}

// marked is what markSums puts where the sum of that part belongs.
func marked(part int) uint32 { return 0xc0de0000 + uint32(part) }

// markSums puts a number of its part in the place of each sum, and opens the archive.
func markSums(t *testing.T, parts []Part, length int64) *zip.Reader {
	t.Helper()
	for _, part := range parts {
		for _, sum := range part.Sums {
			binary.LittleEndian.PutUint32(part.Bytes[sum.At:], marked(sum.Of))
		}
	}
	r, err := zip.NewReader(sparse{parts}, length)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// sparse reads parts whose bodies consist of the first letter of their plan.
type sparse struct{ parts []Part }

func (s sparse) ReadAt(p []byte, off int64) (int, error) {
	n := 0
	for _, part := range s.parts {
		size := int64(len(part.Bytes))
		if part.Plan != "" {
			size = part.To
		}
		for ; n < len(p) && off >= 0 && off < size; n, off = n+1, off+1 {
			if p[n] = 's'; part.Plan == "" {
				p[n] = part.Bytes[off]
			}
		}
		off -= size
		if off < 0 || n == len(p) {
			break
		}
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

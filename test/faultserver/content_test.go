package faultserver

import (
	"bytes"
	"encoding/binary"
	"io"
	"testing"
)

func TestContentIsTheSameAtAnyOffset(t *testing.T) {
	content := Content{Seed: 7, Length: 1000}
	whole := make([]byte, 1000)
	if n, err := content.ReadAt(whole, 0); n != 1000 || err != nil {
		t.Fatal(n, err)
	}
	for start := range int64(40) {
		for length := range 40 {
			part := make([]byte, length)
			if n, err := content.ReadAt(part, start); n != length || err != nil {
				t.Fatal(n, err)
			}
			if !bytes.Equal(part, whole[start:start+int64(length)]) {
				t.Fatalf("%d bytes at %d differ", length, start)
			}
		}
	}
	if n, err := content.ReadAt(whole, 990); n != 10 || err != io.EOF {
		t.Error("past the end:", n, err)
	}
	if n, err := content.ReadAt(whole, 1000); n != 0 || err != io.EOF {
		t.Error("at the end:", n, err)
	}
}

func TestContentDependsOnTheSeed(t *testing.T) {
	seen := map[string]uint64{}
	for seed := range uint64(100) {
		sum := SHA256(seed, 64)
		if other, ok := seen[sum]; ok {
			t.Errorf("seeds %d and %d give the same", seed, other)
		}
		seen[sum] = seed
	}
	if got := SHA256(7, 1_000_003); got != "a49ceb4680208c23d541113af99b6fbffffca8fba407158cbbacb8796e22274c" {
		t.Errorf("the content of seed 7 has changed: %s", got)
	}
}

func TestTextContent(t *testing.T) {
	text := make([]byte, 100)
	if _, err := (Content{Seed: 1, Length: 1 << 32, Text: true}).ReadAt(text, 1<<31+3); err != nil {
		t.Fatal(err)
	}
	if bytes.ContainsFunc(text, func(r rune) bool { return r < 'a' || r > 'p' }) {
		t.Errorf("%q", text)
	}
}

func BenchmarkContent(b *testing.B) {
	chunk := make([]byte, chunkSize)
	b.SetBytes(chunkSize)
	for b.Loop() {
		_, _ = Content{Seed: 7, Length: 1 << 40}.ReadAt(chunk, 12345)
	}
}

func TestWAV(t *testing.T) {
	content := Content{Seed: 7, Length: 1044, WAV: true}
	whole := make([]byte, 1044)
	if n, err := content.ReadAt(whole, 0); n != 1044 || err != nil {
		t.Fatal(n, err)
	}
	if string(whole[:4]) != "RIFF" || string(whole[8:16]) != "WAVEfmt " || string(whole[36:40]) != "data" {
		t.Errorf("no head: %q", whole[:44])
	}
	if size := binary.LittleEndian.Uint32(whole[40:]); size != 1000 {
		t.Errorf("%d bytes of sound", size)
	}
	part := make([]byte, 30)
	if _, err := content.ReadAt(part, 33); err != nil || !bytes.Equal(part, whole[33:63]) {
		t.Errorf("a part differs: %v", err)
	}
}

package httpapi

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"background-fetch-wasm/wasm/bgfetch"
)

func TestSafeName(t *testing.T) {
	long := strings.Repeat("x", 300)
	for name, want := range map[string]string{
		"film.webm": "film.webm", "": "download", ".": "download", "...": "download", " ": "download", ".. ": "download", "/": "download",
		"../../etc/passwd": "passwd", `C:\Windows\x.dll`: "x.dll", "C:x": "C_x", ".htaccess": "htaccess", "a.": "a", "a. . ": "a",
		"con": "_con", "Con.txt": "_Con.txt", "COM1 .x": "_COM1 .x", "nul .._": "_nul .._", "nul . .x": "_nul . .x", "lpt9.a.b": "_lpt9.a.b",
		"COM¹": "_COM¹", "conin$": "_conin$", "console": "console", "com10": "com10", "aux\u200b": "_aux", "a\u202egpj.exe": "agpj.exe",
		"a\nb\x00c\u2028d": "abcd", `<a>:"|?*`: "_a______", "über.txt": "über.txt", "a\xffb": "ab",
		"a\u00a0": "a", "\u3000a\u3000": "a", long: long[:200], long + ".webm": long[:195] + ".webm",
		strings.Repeat("é", 300): strings.Repeat("é", 100), "<img src=x>": "_img src=x_",
		// What shortening leaves ends as well as what was short.
		"a" + strings.Repeat(" ", 300) + "b":        "a",
		"a" + strings.Repeat(".", 300) + "b.x":      "a" + strings.Repeat(".", 197) + ".x",
		"con" + strings.Repeat(" ", 300) + "b":      "_con",
		"nul" + strings.Repeat(" ", 300) + "b.webm": "_nul" + strings.Repeat(" ", 191) + ".webm",
	} {
		if got := safeName(name); got != want {
			t.Errorf("%.40q: %q, want %q", name, got, want)
		}
	}
}

func TestUniqueNames(t *testing.T) {
	n := names{}
	for _, want := range []string{"a.txt", "a (2).txt", "a (3).txt", "a (2) (2).txt", "A (4).txt"} {
		name := map[string]string{"a (2) (2).txt": "a (2).txt", "A (4).txt": "A.txt"}[want]
		if name == "" {
			name = "a.txt"
		}
		if got := n.unique(name); got != want {
			t.Errorf("unique(%q) = %q, want %q", name, got, want)
		}
	}
}

func recordOf(disposition, url string) bgfetch.RecordSnapshot {
	record := bgfetch.RecordSnapshot{Head: &bgfetch.Head{URL: url}, Request: bgfetch.Request{URL: url}}
	if disposition != "" {
		record.Head.Headers = []bgfetch.Header{{"content-disposition", disposition}}
	}
	return record
}

// latin1 is text as a browser hands out a header field with its UTF-8.
func latin1(text string) string {
	var field strings.Builder
	for _, b := range []byte(text) {
		field.WriteRune(rune(b))
	}
	return field.String()
}

func TestFileName(t *testing.T) {
	const url = "https://site.test/dir/file%20%C3%BC.bin?x=/y#/z"
	for _, test := range []struct{ disposition, url, want string }{
		{"", url, "file ü.bin"},
		{"attachment", url, "file ü.bin"},
		{`attachment; filename=""`, url, "file ü.bin"},
		{"attachment; filename=a.txt", url, "a.txt"},
		{latin1(`attachment; filename="über 日本.txt"`), url, "über 日本.txt"},
		{`attachment; filename="` + "\u00fcber.txt" + `"`, url, "über.txt"}, // Latin-1 on the wire
		{latin1(`attachment; filename="x"; filename*=UTF-8''%C3%BCber.txt`), url, "über.txt"},
		{`attachment; filename="日本.txt"`, url, "日本.txt"}, // no browser does this
		{latin1(`attachment; filename="über/../nul .txt"`), url, "_nul .txt"},
		{"", "https://site.test/100%.txt", "100%.txt"},
		{"", "https://site.test/%zz%41%", "%zzA%"},
		{"", "https://site.test/dir/", "dir"},
		{"", "https://site.test/", "download"},
		{"", "https://site.test", "download"},
		{"", "https://site.test/a%2F..%2Fcon", "_con"},
		{"", "https://site.test/a%5Cb", "b"},
		{"", "", "download"},
	} {
		if got := fileName(recordOf(test.disposition, test.url)); got != test.want {
			t.Errorf("%q, %s: %q, want %q", test.disposition, test.url, got, test.want)
		}
	}
}

// device is what Windows takes for one, whatever follows a dot.
var device = regexp.MustCompile(`(?i)^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])[ .]*(\.|$)`)

// wantSafe fails unless the name is one visible file on any system.
func wantSafe(t *testing.T, from, name string) {
	t.Helper()
	first, _ := utf8.DecodeRuneInString(name)
	last, _ := utf8.DecodeLastRuneInString(name)
	switch {
	case name == "", len(name) > maxName, !utf8.ValidString(name):
	case strings.ContainsAny(name, `/\<>:"|?*`), strings.ContainsFunc(name, unicode.IsControl), device.MatchString(name):
	case first == '.', last == '.', unicode.IsSpace(first), unicode.IsSpace(last):
	default:
		return
	}
	t.Errorf("%q: %q (%d bytes)", from, name, len(name))
}

func FuzzFileName(f *testing.F) {
	for _, name := range []string{
		"film.webm", "COM1 .x", "nul .._", "con", "a\u202e.b", "../x", "ü日本.txt", ".", strings.Repeat("é", 300), strings.Repeat("a ", 150) + ".x",
		"con" + strings.Repeat(" ", 300) + "b.x", "lpt¹.", "aux\u00ad.x", "% %41", "\xff\xfe", "a\u2029", "nul\u00a0.x", "nul\u200b .x",
	} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		safe := safeName(name)
		wantSafe(t, name, safe)
		if again := safeName(safe); again != safe {
			t.Errorf("%q: %q, and made safe again %q", name, safe, again)
		}
		for _, record := range []bgfetch.RecordSnapshot{
			recordOf(name, name),
			recordOf(`attachment; filename="`+name+`"`, "https://site.test/"+name),
			recordOf(latin1("attachment; filename="+name), "https://site.test/"+name),
		} {
			wantSafe(t, name, fileName(record))
		}
		given, seen := names{}, map[string]bool{}
		for i, other := range []string{safe, safe, strings.ToUpper(safe), safeName(safe + " (2)"), safe, safeName(fmt.Sprint(name, "x"))} {
			unique := given.unique(other)
			if key := strings.ToLower(unique); seen[key] {
				t.Errorf("%q: %q is given twice, at %d", name, unique, i)
			} else {
				seen[key] = true
			}
			if len(unique) > 255 {
				t.Errorf("%q: %d bytes", unique, len(unique))
			}
		}
	})
}

package httpapi

import (
	"fmt"
	"mime"
	"net/url"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"background-fetch-wasm/wasm/bgfetch"
)

// maxName bounds the name of a file, in bytes: what all file systems take, and room
// for a number.
const maxName = 200

// fileName is the name under which a record's body is saved: that of its
// Content-Disposition, or else the last segment of its URL.
func fileName(record bgfetch.RecordSnapshot) string {
	if _, parameters, err := mime.ParseMediaType(headerField(record, "Content-Disposition")); err == nil {
		if name := parameters["filename"]; name != "" {
			return safeName(name)
		}
	}
	for _, text := range []string{record.Head.URL, record.Request.URL} {
		if u, err := url.Parse(text); err == nil {
			if name := path.Base(u.Path); name != "/" && name != "." {
				return safeName(name)
			}
		}
	}
	return "download"
}

// safeName makes a name that is one file, visible, in the directory where it is
// saved, on any system, and looks like what it is.
func safeName(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError, unicode.IsControl(r), unicode.Is(unicode.Cf, r): // Cf turns the direction of writing
			return -1
		case strings.ContainsRune(`<>:"|?*`, r):
			return '_'
		}
		return r
	}, name)
	name = strings.TrimLeft(strings.TrimRight(name, ". "), ". ")
	stem, extension := splitName(name)
	if reserved[strings.ToUpper(strings.SplitN(stem, ".", 2)[0])] {
		stem = "_" + stem
	}
	for len(stem)+len(extension) > maxName {
		_, size := utf8.DecodeLastRuneInString(stem)
		stem = stem[:len(stem)-size]
	}
	if stem+extension == "" {
		return "download"
	}
	return stem + extension
}

// splitName parts a name from its extension, which is not all of it and short.
func splitName(name string) (stem, extension string) {
	extension = path.Ext(name)
	if len(extension) == len(name) || len(extension) > 20 {
		return name, ""
	}
	return strings.TrimSuffix(name, extension), extension
}

// reserved are the names that mean devices to Windows, whatever their extension.
var reserved = func() map[string]bool {
	names := map[string]bool{"CON": true, "PRN": true, "AUX": true, "NUL": true}
	for n := range 10 {
		names[fmt.Sprint("COM", n)] = true
		names[fmt.Sprint("LPT", n)] = true
	}
	return names
}()

// names makes names unique, where upper and lower case are one, too.
type names map[string]int

func (n names) unique(name string) string {
	stem, extension := splitName(name)
	for unique := name; ; {
		key := strings.ToLower(unique)
		if n[key]++; n[key] == 1 {
			return unique
		}
		if base := strings.ToLower(name); key != base {
			n[base]++
		}
		unique = fmt.Sprintf("%s (%d)%s", stem, n[strings.ToLower(name)], extension)
	}
}

// attachment is a Content-Disposition that saves under that name.
func attachment(name string) string {
	return mime.FormatMediaType("attachment", map[string]string{"filename": name})
}

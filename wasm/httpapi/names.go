package httpapi

import (
	"fmt"
	"mime"
	"path"
	"strconv"
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
	if _, parameters, err := mime.ParseMediaType(fieldText(headerField(record, "Content-Disposition"))); err == nil {
		if name := parameters["filename"]; name != "" {
			return safeName(name)
		}
	}
	for _, text := range []string{record.Head.URL, record.Request.URL} {
		if name := lastSegment(text); name != "" {
			return safeName(name)
		}
	}
	return safeName("")
}

// fieldText is a field of a header as it was meant. Browsers hand out each byte of it as a
// character; where these bytes are valid UTF-8 that is what the server wrote.
func fieldText(field string) string {
	raw := make([]byte, 0, len(field))
	for _, r := range field {
		if r > 0xff {
			return field
		}
		raw = append(raw, byte(r))
	}
	if !utf8.Valid(raw) {
		return field
	}
	return string(raw)
}

// lastSegment is the last segment of a URL's path that is not empty, decoded as browsers
// decode: a % that escapes nothing stays.
func lastSegment(serialized string) string {
	rest, _, _ := strings.Cut(serialized, "#")
	rest, _, _ = strings.Cut(rest, "?")
	_, rest, _ = strings.Cut(rest, "://")
	_, path, _ := strings.Cut(rest, "/") // without the host
	path = strings.TrimRight(path, "/")
	segment := path[strings.LastIndexByte(path, '/')+1:]
	var decoded []byte
	for i := 0; i < len(segment); i++ {
		if escape := segment[i:]; escape[0] == '%' && len(escape) >= 3 {
			if n, err := strconv.ParseUint(escape[1:3], 16, 8); err == nil {
				decoded = append(decoded, byte(n))
				i += 2
				continue
			}
		}
		decoded = append(decoded, segment[i])
	}
	return string(decoded)
}

// safeName makes a name that is one file, visible, in the directory where it is
// saved, on any system, and looks like what it is.
func safeName(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError, unicode.IsControl(r), unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp): // Cf turns the direction of writing
			return -1
		case strings.ContainsRune(`<>:"|?*`, r):
			return '_'
		}
		return r
	}, name)
	name = shortenName(trimName(name))
	// Only now: what was shortened may have become one.
	if device, _, _ := strings.Cut(name, "."); reserved[strings.ToUpper(trimName(device))] {
		name = shortenName("_" + name)
	}
	if name == "" {
		return "download"
	}
	return name
}

// trimName takes away what Windows does not see at the end, and what hides a file at the beginning.
func trimName(name string) string {
	return strings.TrimFunc(name, func(r rune) bool { return r == '.' || unicode.IsSpace(r) })
}

// shortenName makes a name of at most maxName bytes that keeps its extension.
func shortenName(name string) string {
	stem, extension := splitName(name)
	for len(stem)+len(extension) > maxName {
		_, size := utf8.DecodeLastRuneInString(stem)
		stem = stem[:len(stem)-size]
	}
	return trimName(stem + extension)
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
	names := map[string]bool{"CON": true, "PRN": true, "AUX": true, "NUL": true, "CONIN$": true, "CONOUT$": true}
	for _, n := range "0123456789¹²³" {
		names["COM"+string(n)] = true
		names["LPT"+string(n)] = true
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

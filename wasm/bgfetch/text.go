package bgfetch

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
)

// Language is what the browser knows of languages.
type Language interface {
	// Texts reads a file of this package with texts, by name.
	Texts(ctx context.Context, file string) (map[string]Text, error)
	// Number writes a number as people of that language do, with so many digits after the
	// point at most; unit is a unit of ECMA-402, or "". It does not wait.
	Number(lang string, value float64, digits int, unit string) string
}

// Text is a text, or one for each plural form of its language, by the names that Unicode gives
// to these. There is always one for "other". In JSON a text without others is a string.
type Text map[string]string

// Spoken is what is said in a language.
type Spoken struct {
	// Lang is the language, as a BCP 47 tag.
	Lang string `json:"lang"`
	// Texts are by name; those that are left out are English.
	Texts map[string]Text `json:"texts"`
	// Missing: there is a file with more, which could not be had.
	Missing bool `json:"missing,omitempty"`
}

// OtherForm is the plural form that every language has.
const OtherForm = "other"

var pluralForms = []string{"zero", "one", "two", "few", "many", OtherForm}

// TextNames are the names of the texts. jsglue/shared/texts.ts has each in English.
var TextNames = []string{
	"active", "ended", "nothing", "noWorker", "pause", "resume", "abort", "retry", "remove", "save", "discard", "kept", "clear",
	"queued", "starting", "offline", "refresh", "unmetered", "waits", "tries", "paused", "goesOn", "finishing", "left", "files",
	"members", "success", "remains", "aborted", "bad-status", "fetch-error", "quota-exceeded", "download-total-exceeded",
	"agree", "downloads",
}

// PluralNames are those of texts that may have plural forms.
var PluralNames = []string{"files", "members"}

// MarshalJSON implements json.Marshaler.
func (t Text) MarshalJSON() ([]byte, error) {
	if len(t) == 1 {
		return json.Marshal(t[OtherForm])
	}
	return json.Marshal(map[string]string(t))
}

// UnmarshalJSON implements json.Unmarshaler.
func (t *Text) UnmarshalJSON(data []byte) error {
	if data[0] == '"' {
		*t = Text{OtherForm: ""}
		var text string
		err := json.Unmarshal(data, &text)
		(*t)[OtherForm] = text
		return err
	}
	var forms map[string]string
	if err := json.Unmarshal(data, &forms); err != nil {
		return err
	}
	for form := range forms {
		if !slices.Contains(pluralForms, form) {
			return errors.New("there is no plural form " + form)
		}
	}
	if _, ok := forms[OtherForm]; !ok {
		return errors.New("it has no form " + OtherForm)
	}
	*t = forms
	return nil
}

// ReadTexts reads what a site says in place of our texts: JSON, by language and name. Languages
// are in lower case in the result. The error is for people, and names what is wrong.
func ReadTexts(data []byte) (map[string]map[string]Text, error) {
	const option = "backgroundFetchOptions.texts"
	if len(data) == 0 {
		return nil, nil
	}
	var given map[string]map[string]json.RawMessage
	if err := json.Unmarshal(data, &given); err != nil {
		return nil, Errorf(TypeError, "%s has texts by language and name, as in { de: { pause: 'Anhalten' } }", option)
	}
	read := map[string]map[string]Text{}
	for _, lang := range slices.Sorted(maps.Keys(given)) {
		if !IsLanguageTag(lang) {
			return nil, Errorf(TypeError, "%s: %q is no language, such as de or pt-BR", option, lang)
		}
		texts := map[string]Text{}
		for _, name := range slices.Sorted(maps.Keys(given[lang])) {
			if !slices.Contains(TextNames, name) {
				return nil, Errorf(TypeError, "%s.%s: there is no text %q", option, lang, name)
			}
			var text Text
			err := json.Unmarshal(given[lang][name], &text)
			plural := slices.Contains(PluralNames, name)
			switch {
			case plural && err != nil:
				return nil, Errorf(TypeError, "%s.%s.%s is neither a string nor an object with plural forms, with one for other", option, lang, name)
			case err != nil, len(text) > 1 && !plural:
				return nil, Errorf(TypeError, "%s.%s.%s is not a string", option, lang, name)
			}
			texts[name] = text
		}
		read[strings.ToLower(lang)] = texts
	}
	return read, nil
}

// IsLanguageTag says whether a text has the form of a BCP 47 tag.
func IsLanguageTag(text string) bool {
	for i, part := range strings.Split(text, "-") {
		isLetter := func(r rune) bool { return r|0x20 >= 'a' && r|0x20 <= 'z' }
		other := func(r rune) bool { return !isLetter(r) && (i == 0 || r < '0' || r > '9') }
		if part == "" || len(part) > 8 || strings.ContainsFunc(part, other) || (i == 0 && len(part) < 2) {
			return false
		}
	}
	return true
}

// Translated are the languages that have files with texts, jsglue/texts.
var Translated = []string{"ar", "de", "es", "fr", "hi", "it", "ja", "pt", "zh-Hans"}

// TextsFile is the name of the file with the texts of a language, "" where they are English.
func TextsFile(lang string) string {
	parts := strings.Split(strings.ToLower(lang), "-")
	language := parts[0]
	if language == "zh" && !isTraditional(parts[1:]) {
		language = "zh-Hans"
	}
	if !slices.Contains(Translated, language) {
		return ""
	}
	return "texts." + language + ".json"
}

// isTraditional says whether these subtags of zh are of the traditional script: by its name, or by
// where that is in use.
func isTraditional(subtags []string) bool {
	if slices.Contains(subtags, "hans") {
		return false
	}
	return slices.ContainsFunc(subtags, func(tag string) bool {
		return slices.Contains([]string{"hant", "tw", "hk", "mo"}, tag)
	})
}

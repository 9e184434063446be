package bgfetch_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"background-fetch-wasm/wasm/bgfetch"
)

func TestTextsFile(t *testing.T) {
	for lang, want := range map[string]string{
		"de": "de", "de-AT": "de", "DE-ch": "de", "pt-BR": "pt", "ar-EG": "ar", "hi-Latn": "hi",
		"zh": "zh-Hans", "zh-CN": "zh-Hans", "zh-Hans-HK": "zh-Hans", "zh-SG": "zh-Hans",
		"zh-TW": "", "zh-Hant": "", "zh-Hant-CN": "", "zh-HK": "", "zh-MO": "",
		"en": "", "en-GB": "", "nl": "", "": "", "deu": "",
	} {
		if want != "" {
			want = "texts." + want + ".json"
		}
		if got := bgfetch.TextsFile(lang); got != want {
			t.Errorf("%q: %q, want %q", lang, got, want)
		}
	}
}

// TestTranslated: the files are those that the program knows, and each has a text for each name.
func TestTranslated(t *testing.T) {
	paths, err := filepath.Glob("../../jsglue/texts/*.json")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, path := range paths {
		found = append(found, strings.TrimSuffix(filepath.Base(path), ".json"))
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var texts map[string]bgfetch.Text
		if err := json.Unmarshal(data, &texts); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if names := slices.Sorted(maps.Keys(texts)); !slices.Equal(names, slices.Sorted(slices.Values(bgfetch.TextNames))) {
			t.Errorf("%s has %v", path, names)
		}
		if len(texts["files"]) == 0 || texts["pause"]["other"] == "" {
			t.Errorf("%s: %v", path, texts)
		}
	}
	if !slices.Equal(found, bgfetch.Translated) {
		t.Errorf("files for %v, and the program knows %v", found, bgfetch.Translated)
	}
}

func TestReadTexts(t *testing.T) {
	read, err := bgfetch.ReadTexts([]byte(`{"de-AT":{"pause":"Stopp","files":{"one":"eine","other":"{count}"},"members":"{count}"},"nl":{}}`))
	want := map[string]map[string]bgfetch.Text{
		"de-at": {"pause": {"other": "Stopp"}, "files": {"one": "eine", "other": "{count}"}, "members": {"other": "{count}"}},
		"nl":    {},
	}
	if err != nil || !reflect.DeepEqual(read, want) {
		t.Errorf("%v, %v", read, err)
	}
	again, err := json.Marshal(read["de-at"])
	if string(again) != `{"files":{"one":"eine","other":"{count}"},"members":"{count}","pause":"Stopp"}` || err != nil {
		t.Errorf("%s, %v", again, err)
	}
	for data, want := range map[string]string{
		`[]`:                                       "backgroundFetchOptions.texts has texts by language and name",
		`{"pause":"Stopp"}`:                        "by language and name, as in { de:",
		`{"Deutsch!":{}}`:                          `"Deutsch!" is no language`,
		`{"de":{"paus":"Stopp"}}`:                  `backgroundFetchOptions.texts.de: there is no text "paus"`,
		`{"de":{"pause":7}}`:                       "backgroundFetchOptions.texts.de.pause is not a string",
		`{"de":{"pause":null}}`:                    "texts.de.pause is not a string",
		`{"de":{"pause":{"one":"a"}}}`:             "texts.de.pause is not a string",
		`{"de":{"files":{"one":"a"}}}`:             "texts.de.files is neither a string nor an object with plural forms, with one for other",
		`{"de":{"files":{"1":"a"}}}`:               "texts.de.files is neither",
		`{"de":{"files":["{count}"]}}`:             "texts.de.files is neither",
		`{"de":{"pause":{"other":"a","one":"b"}}}`: "texts.de.pause is not a string",
	} {
		if _, err := bgfetch.ReadTexts([]byte(data)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", data, err, want)
		}
	}
	if read, err := bgfetch.ReadTexts(nil); read != nil || err != nil {
		t.Errorf("nothing: %v, %v", read, err)
	}
}

func TestIsLanguageTag(t *testing.T) {
	for tag, want := range map[string]bool{
		"de": true, "pt-BR": true, "zh-Hans-CN": true, "es-419": true, "de-CH-1996": true,
		"": false, "d": false, "de_DE": false, "de-": false, "-de": false, "de\"": false, "german language": false, "123": false, "abcdefghi": false,
	} {
		if got := bgfetch.IsLanguageTag(tag); got != want {
			t.Errorf("%q: %v", tag, got)
		}
	}
}

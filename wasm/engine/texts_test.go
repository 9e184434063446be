package engine_test

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/bgfetch"
)

var german = map[string]bgfetch.Text{"pause": {"other": "Anhalten"}, "abort": {"other": "Abbrechen"}, "agree": {"other": "Herunterladen"}}

// speaking is a world whose worker has a language, and files with texts.
func speaking(t *testing.T, lang string, test func(w *world, language *bgfetchtest.Language)) {
	run(t, func(w *world) {
		language := &bgfetchtest.Language{}
		w.kill()
		w.language, w.options.Lang = language, lang
		w.start()
		test(w, language)
	})
}

func labels(s bgfetch.Shown) string {
	var titles []string
	for _, action := range s.Actions {
		titles = append(titles, action.Title)
	}
	return strings.Join(titles, " ")
}

// What is shown is in the language of the worker, in numbers too, once the texts have come.
func TestShownInItsLanguage(t *testing.T) {
	speaking(t, "de-AT", func(w *world, language *bgfetchtest.Language) {
		language.Put("texts.de.json", german)
		w.serve(siteA, 4<<20, slow)
		w.fetch("film", siteA)
		time.Sleep(time.Minute)
		shown := w.display.Shown()
		last, running := shown[len(shown)-1], shown[len(shown)-2]
		if labels(running) != "Abbrechen Anhalten" || running.Lang != "de-AT" {
			t.Errorf("%+v", running)
		}
		if last.Body != "✓ de-AT:4.2megabyte" {
			t.Errorf("body %q", last.Body)
		}
		if language.Asked() != 1 {
			t.Errorf("asked %d times", language.Asked())
		}
	})
}

// What waits for the user is shown again when the texts are there; nothing waits for them.
func TestShownAgainInItsLanguage(t *testing.T) {
	speaking(t, "de", func(w *world, language *bgfetchtest.Language) {
		language.SetNever(true)
		w.serve(siteA, 1000)
		w.fetchWith("waits", siteA, func(init *bgfetch.FetchInit) { init.Paused = true })
		time.Sleep(25 * time.Second)
		language.Put("texts.de.json", german)
		shown := w.display.Shown()
		if len(shown) != 1 || labels(shown[0]) != "Abort Resume" {
			t.Fatalf("shown %+v", shown)
		}
		time.Sleep(4 * time.Minute)
		spoken := w.engine.Texts(context.Background(), "")
		if !spoken.Missing {
			t.Errorf("asked for again too soon: %+v", spoken)
		}
		time.Sleep(time.Minute)
		spoken = w.engine.Texts(context.Background(), "")
		if spoken.Missing || !reflect.DeepEqual(spoken.Texts, german) {
			t.Errorf("%+v", spoken)
		}
		time.Sleep(5 * time.Second)
		shown = w.display.Shown()
		if n := len(shown); n != 2 || labels(shown[n-1]) != "Abbrechen Resume" {
			t.Errorf("shown %+v", shown)
		}
	})
}

// What a site says counts more than our texts, and the text for a region more than that for the language.
func TestTextsOfTheSite(t *testing.T) {
	run(t, func(w *world) {
		language := &bgfetchtest.Language{}
		language.Put("texts.de.json", german)
		w.kill()
		w.language, w.options.Lang = language, "de-AT"
		w.options.Texts = map[string]map[string]bgfetch.Text{
			"de":    {"pause": {"other": "Stopp"}, "abort": {"other": "Weg"}},
			"de-at": {"pause": {"other": "Pausieren"}},
			"nl":    {"pause": {"other": "Pauzeren"}},
		}
		w.start()
		for lang, want := range map[string][3]string{
			"":      {"de-AT", "Pausieren", "Weg"},
			"de":    {"de", "Stopp", "Weg"},
			"nl-BE": {"nl-BE", "Pauzeren", ""},
			"en":    {"en", "", ""},
			"%":     {"%", "", ""},
		} {
			spoken := w.engine.Texts(context.Background(), lang)
			if got := [3]string{spoken.Lang, spoken.Texts["pause"]["other"], spoken.Texts["abort"]["other"]}; got != want || spoken.Missing {
				t.Errorf("%q: %+v", lang, spoken)
			}
		}
		if german["pause"]["other"] != "Anhalten" {
			t.Error("the file was changed")
		}
		w.serve(siteA, 4<<20, slow)
		w.fetch("film", siteA)
		time.Sleep(3 * time.Second)
		if shown := w.display.Shown(); labels(shown[len(shown)-1]) != "Weg Pausieren" {
			t.Errorf("shown %+v", shown)
		}
	})
}

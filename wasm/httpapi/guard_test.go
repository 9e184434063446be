package httpapi

import "testing"

// TestPassive: what is not certain to be only shown or played is saved.
func TestPassive(t *testing.T) {
	for contentType, want := range map[string]bool{
		"video/mp4": true, "audio/wav": true, "font/woff2": true, "image/png": true, "text/plain; charset=utf-8": true,
		"": false, "text/html": false, "image/svg+xml": false, "IMAGE/SVG+XML": false, "image/svg+xml;x=y": false,
		"application/pdf": false, "application/xhtml+xml": false, "text/xml": false, "text/javascript": false, "application/octet-stream": false,
		"multipart/x-mixed-replace": false, "text/plain, text/html": false, "image/png;a=b, text/html": false, "video/": false, "video": false,
	} {
		if got := passive(contentType); got != want {
			t.Errorf("passive(%q) = %v", contentType, got)
		}
	}
}

package bgfetch

import "unicode/utf8"

// MaxGroup bounds the name of a group, in characters.
const MaxGroup = 500

// CheckGroup refuses what is no name of a group; member is where it stands.
func CheckGroup(name, member string) error {
	switch n := utf8.RuneCountInString(name); {
	case n == 0:
		return Errorf(TypeError, "%s is empty", member)
	case n > MaxGroup:
		return Errorf(TypeError, "%s has %d characters, of at most %d", member, n, MaxGroup)
	}
	return nil
}

// GroupSnapshot is what is told of the background fetches that have a group, an addition to the
// standard: of those that are under way, and of those that have ended since any of them was. The
// last ones that ended count until another one begins, and as long as the history has them.
type GroupSnapshot struct {
	// Engine and Revision order the snapshots of one group, as of a background fetch.
	Engine   int64 `json:"engine"`
	Revision int64 `json:"revision"`

	Group string `json:"group"`
	// IDs are theirs, each once, in order of creation.
	IDs []string `json:"ids"`
	// The sums are in bytes, without those that have failed. DownloadTotal is of what the site or
	// the servers said; 0 while that is not known of one of them.
	DownloadTotal int64 `json:"downloadTotal"`
	Downloaded    int64 `json:"downloaded"`
	UploadTotal   int64 `json:"uploadTotal"`
	Uploaded      int64 `json:"uploaded"`
	// State is that of the one that is nearest to its end.
	State Activity `json:"state"`
	// States counts those without a result by their state, Results the others.
	States  map[Activity]int `json:"states"`
	Results Results          `json:"results"`
}

// Results counts background fetches by their result.
type Results struct {
	Success int `json:"success"`
	Failure int `json:"failure"`
}

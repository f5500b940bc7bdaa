package media

import (
	"fmt"
	"strings"
	"testing"
)

// Of the renditions that a log has, one is picked: the best that comes.
func TestBest(t *testing.T) {
	var b Best
	var got []string
	give := func(what string, rendition int, ms int64) {
		f := Frame{Track: 4, Rendition: uint8(rendition), Key: what == "key", Config: what == "config", PTS: ms * 1000}
		for _, p := range b.Take(nil, Piece{Frame: f}) {
			kind := ""
			if p.Config {
				kind = "c"
			}
			got = append(got, fmt.Sprintf("%s%d@%d", kind, p.Rendition, p.PTS/1000))
		}
	}
	give("config", 0, 0)
	give("key", 0, 0)
	give("delta", 0, 30)
	give("config", 2, 40)
	give("delta", 2, 50) // nothing decodes it
	give("key", 2, 60)
	give("key", 0, 70) // the better one comes
	give("delta", 2, 90)
	give("delta", 0, 1000) // the better one does not come any more
	give("key", 0, 1100)
	give("delta", 0, 1130)
	give("key", 2, 1200)
	if got, want := strings.Join(got, " "), "c0@0 0@0 0@30 c2@40 2@60 2@90 c0@0 0@1100 0@1130 c2@40 2@1200"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

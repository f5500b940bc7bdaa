package e2e

import (
	"strings"
	"testing"
	"time"

	"scaip/internal/bot"
	"scaip/internal/media"
	"scaip/internal/netsim"
)

// TestNarrowLine: one of three viewers has a line of 300 kbit/s for pictures of several times that. His voices are whole; his pictures are what
// fits, and can be decoded; the others have everything.
func TestNarrowLine(t *testing.T) {
	d := start(t)
	ada, _ := somebody(t, d, "ada")
	bob, bobID := somebody(t, d, "bob")
	eve, eveID := somebody(t, d, "eve")
	dan, danID := somebody(t, d, "dan")
	_, call := startCall(t, connect(t, ada), bobID, eveID, danID)
	line, err := netsim.Open("127.0.0.1:0", strings.TrimPrefix(d.URL, "http://"), netsim.Profile{Delay: 20 * time.Millisecond, Rate: 300_000}, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer line.Close()
	eve.URL = "http://" + line.Addr()

	const length = 15 * time.Second
	reports := play(t.Context(), t,
		bot.Options{Client: ada, Call: call, Clip: readClip(t, "walk.webm"), Loop: true, For: length, Receive: true},
		bot.Options{Client: bob, Call: call, Clip: readClip(t, "walk.webm"), Loop: true, For: length, Receive: true},
		bot.Options{Client: dan, Call: call, For: length - time.Second, Receive: true},
		bot.Options{Client: eve, Call: call, For: length - time.Second, Receive: true},
	)()
	for i, who := range []string{"ada", "bob", "dan", "eve"} {
		r := reports[i]
		if r.Faults > 0 || r.Refused > 0 {
			t.Errorf("%s: %d faults, %d refusals", who, r.Faults, r.Refused)
		}
		for _, c := range r.Received {
			t.Logf("%s got %s of %s: %d frames, %d kB, %d lost, latency %v p50, %v p99", who, c.Kind, c.Name, c.Frames, c.Bytes/1000, c.Lost, c.Latency.P50, c.Latency.P99)
			switch {
			case c.Kind == media.Audio && c.Lost > 0:
				t.Errorf("%s lost %d of %d packets of %s's voice", who, c.Lost, c.Frames, c.Name)
			case c.Kind == media.Audio && c.Frames < 600:
				t.Errorf("%s got %d packets of %s's voice in %v", who, c.Frames, c.Name, length)
			case c.Kind == media.Video && who != "eve" && c.Lost > 0:
				t.Errorf("%s lost %d of %d pictures of %s", who, c.Lost, c.Frames, c.Name)
			case c.Kind == media.Video && who == "eve" && c.Bytes*8 > 300_000*int64(length/time.Second):
				t.Errorf("eve got %d kB of pictures of %s, more than the line carries", c.Bytes/1000, c.Name)
			}
		}
	}
}

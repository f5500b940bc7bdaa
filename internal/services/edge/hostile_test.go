package edge

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"scaip/internal/event"
	"scaip/internal/media"
)

// hostile is what a client may try, and what it hears of it.
type hostile struct {
	name string
	do   func(p *peer)
	code event.Code // of the refusal
	text string     // part of it
}

func hostileThings(t *testing.T) []hostile {
	frame := func(p *peer, change func(*media.Frame)) {
		f := p.make("key")
		change(&f)
		p.raw(true, f.Append(nil))
	}
	config := func(payload string) func(*peer) {
		return func(p *peer) { frame(p, func(f *media.Frame) { f.Config, f.Payload = true, []byte(payload) }) }
	}
	list := []hostile{
		{"another's track", func(p *peer) { frame(p, func(f *media.Frame) { f.Track = 4 }) }, event.Denied, "Track 4"},
		{"another's track, config", func(p *peer) {
			frame(p, func(f *media.Frame) { f.Track, f.Config, f.Payload = 4, true, configOf(p.g.kind, p.user) })
		}, event.Denied, "Track 4"},
		{"a track of nobody", func(p *peer) { frame(p, func(f *media.Frame) { f.Track = 65532 }) }, event.Denied, "not yours"},
		{"no config before", func(p *peer) { p.send("key") }, event.Invalid, "config frame"},
		{"a delta frame after the config", func(p *peer) { p.send("config", "delta") }, event.Invalid, "key frame"},
		{"config of another user", config(`{"user":"ada","name":"A","codec":"vp8","width":64,"height":48}`), event.Invalid, "another user"},
		{"config of audio", config(string(configOf(media.Audio, "eve"))), event.Invalid, "codec"},
		{"config that is no JSON", config("\x00\xff"), event.Invalid, "config"},
		{"config with a user that is a path", config(`{"user":"../../eve","codec":"vp8","width":64,"height":48}`), event.Invalid, "user"},
		{"a frame from long ago", func(p *peer) {
			p.send("config")
			frame(p, func(f *media.Frame) { f.PTS = 0 })
		}, event.Invalid, "time"},
		{"a frame of the future", func(p *peer) {
			p.send("config")
			frame(p, func(f *media.Frame) { f.PTS += 15e6 })
		}, event.Invalid, "time"},
		{"a level in video", func(p *peer) { frame(p, func(f *media.Frame) { f.Level = 3 }) }, event.Invalid, "level"},
		{"half a frame", func(p *peer) { f := p.make("config").Append(nil); p.raw(true, f[:len(f)-1]) }, event.Invalid, "cut off"},
		{"garbage after a frame", func(p *peer) { p.raw(true, append(p.make("config").Append(nil), 7)) }, event.Invalid, "header"},
		{"too fast", func(p *peer) {
			p.send("config")
			for range 300 {
				p.send("key")
			}
		}, event.TooMany, "too fast"},
		{"too much", func(p *peer) {
			p.send("config")
			for range 12 {
				frame(p, func(f *media.Frame) { f.Payload = make([]byte, 400<<10) })
			}
		}, event.TooMany, "too fast"},
		{"text that is no JSON", func(p *peer) { p.raw(false, []byte("hello")) }, event.Invalid, "documented"},
		{"text of another kind", func(p *peer) { p.raw(false, []byte(`{"hello":{}}`)) }, event.Invalid, "documented"},
		{"long text", func(p *peer) { p.raw(false, fmt.Appendf(nil, `{"ping":{"t":1},"x":%q}`, strings.Repeat("x", maxText))) }, event.Invalid, "documented"},
		{"too many texts", func(p *peer) {
			for range 60 {
				p.raw(false, []byte(`{"ping":{"t":1}}`))
			}
		}, event.TooMany, "too fast"},
		{"another's stop", func(p *peer) { p.raw(false, []byte(`{"stop":{"track":4}}`)) }, event.Denied, "Track 4"},
	}
	raw, err := os.ReadFile("../../../testdata/frames.json")
	if err != nil {
		t.Fatal(err)
	}
	var v struct{ Malformed []struct{ Name, Hex string } }
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	for _, m := range v.Malformed {
		b, err := hex.DecodeString(m.Hex)
		if err != nil {
			t.Fatal(err)
		}
		code, text := event.Invalid, ""
		if f, _, err := media.ParseFrame(b); err == nil && f.Track>>2 != 3 {
			code = event.Denied // the frame before the malformed one
		}
		list = append(list, hostile{"vector: " + m.Name, func(p *peer) { p.raw(true, b) }, code, text})
	}
	return list
}

// TestHostileInput: each thing is refused in words, is not logged, and the others in the call notice nothing.
func TestHostileInput(t *testing.T) {
	t.Parallel()
	g := newRig(t, media.Video, func(o *Options) {
		o.Now = func() time.Time { return time.Now().Add(20 * time.Second) } // so that there is a long ago
	})
	g.call("c1", "ada", "bob", "eve")
	ada, bob := g.dial("ada", "c1", ""), g.dial("bob", "c1", "")
	ada.send("config", "key")
	bob.gets("4:0", "4:1")
	for i, h := range hostileThings(t) {
		t.Run(h.name, func(t *testing.T) {
			eve := g.dial("eve", "c1", "?receive=0")
			h.do(eve)
			eve.refused(h.code, h.text)
			ada.send("delta")
			for bob.frame().Track != 4 { // what of eve's was in order comes too
			}
			if i%2 == 0 {
				eve.hangUp()
			}
		})
	}
	g.stop() // all is logged then
	checkTopic(t, g)
}

// checkTopic reads the call's topic: each frame well-formed, its track begun by a config of its own user, ada's without a gap.
func checkTopic(t *testing.T, g *rig) {
	t.Helper()
	live := map[uint16]string{}
	adas := uint32(0)
	for _, f := range g.frames("call.c1.video") {
		if f.Config {
			c, err := media.ParseConfig(media.Video, f.Payload)
			if err != nil || f.Seat() != map[string]int{"ada": 1, "bob": 2, "eve": 3}[c.User] {
				t.Errorf("config %+v of seat %d, %v", c, f.Seat(), err)
			}
			live[f.Track] = "config"
		} else if live[f.Track] == "" || live[f.Track] == "config" && !f.Key {
			t.Errorf("track %d begins wrongly", f.Track)
		} else {
			live[f.Track] = "frames"
		}
		if f.Track == 4 {
			if f.Seq != adas {
				t.Errorf("ada's frame %d is logged as her %d.", f.Seq, adas)
			}
			adas++
		}
	}
	if adas == 0 {
		t.Error("nothing of ada's is logged")
	}
}

func TestTwentyMalformedClose(t *testing.T) {
	for _, tc := range []struct {
		name   string
		binary bool
		msg    string
	}{{"frames", true, "no frame"}, {"texts", false, "no JSON"}, {"empty", true, ""}} {
		t.Run(tc.name, func(t *testing.T) {
			g := newRig(t, media.Audio, nil)
			g.call("c1", "ada", "eve")
			ada, eve := g.dial("ada", "c1", ""), g.dial("eve", "c1", "?receive=0")
			eve.send("config", "key")
			ada.gets("8:0", "8:1")
			for range 19 {
				eve.raw(tc.binary, []byte(tc.msg))
				eve.refused(event.Invalid, "")
			}
			eve.send("key")
			ada.gets("8:2")
			eve.raw(tc.binary, []byte(tc.msg))
			eve.refused(event.Invalid, "")
			eve.end(closePolicy, "too many malformed messages")
			if m := ada.text(); m.Gone == nil {
				t.Errorf("got %+v, want gone", m)
			}
		})
	}
}

func TestTooLongMessageCloses(t *testing.T) {
	g := newRig(t, media.Video, nil)
	g.call("c1", "ada", "eve")
	ada, eve := g.dial("ada", "c1", ""), g.dial("eve", "c1", "")
	_ = eve.conn.Write(t.Context(), true, make([]byte, media.MaxMessage+1))
	eve.end(1009, "")
	ada.send("config")
	g.saw(event.MediaClosed{Service: g.kind, Call: "c1", User: "eve"})
}

func TestWatcherMayNotSend(t *testing.T) {
	g := newRig(t, media.Video, nil)
	g.call("c1", "ada")
	ada := g.dial("ada", "c1", "?send=0")
	ada.send("config")
	ada.refused(event.Denied, "only receives")
}

func TestDoor(t *testing.T) {
	t.Parallel()
	g := newRig(t, media.Video, nil)
	g.call("c1", "ada")
	g.call("over", "bob")
	g.event(event.CallsEnded{Call: "over", Group: "g", Reason: "ended"})
	g.session("old", time.Now().Add(-time.Minute))
	g.dial("ada", "c1", "").hangUp()
	t.Run("refuses", func(t *testing.T) { // ends when all below it have
		for _, tc := range []struct {
			name, user, call string
			header           http.Header
			status           int
			code             event.Code
		}{
			{"no session", "", "c1", nil, 401, event.Unauthentic},
			{"unknown session", "nobody", "c1", nil, 401, event.Unauthentic},
			{"expired session", "old", "c1", nil, 401, event.Unauthentic},
			{"foreign origin", "ada", "c1", http.Header{"Origin": {"https://evil.example"}}, 403, event.Denied},
			{"id that is a path", "ada", "..%2f..%2fetc%2fpasswd", nil, 404, event.NotFound},
			{"id with a dot", "ada", "c1.video", nil, 404, event.NotFound},
			{"endless id", "ada", strings.Repeat("a", 65), nil, 404, event.NotFound},
		} {
			t.Run(tc.name, func(t *testing.T) {
				t.Parallel()
				if status, ref := g.statusOf(tc.user, tc.call, tc.header); status != tc.status || ref.Code != tc.code || ref.Text == "" {
					t.Errorf("got %d %+v, want %d %s", status, ref, tc.status, tc.code)
				}
			})
		}
		for _, tc := range []struct {
			name, user, call string
			code             int
		}{
			{"not in the call", "bob", "c1", closePolicy},
			{"no such call", "ada", "c9", closePolicy},
			{"the call is over", "bob", "over", closeCallEnded},
		} {
			t.Run(tc.name, func(t *testing.T) {
				t.Parallel()
				conn, err := g.tryDial(tc.user, tc.call, "", nil)
				if err != nil {
					t.Fatal(err)
				}
				p := &peer{g: g, user: tc.user, conn: conn, texts: make(chan media.ServerMessage, 1), closed: make(chan error, 1)}
				go p.read()
				p.end(tc.code, "")
			})
		}
	})
	if infos, err := g.media.Topics(t.Context(), ""); err != nil || len(infos) > 2 {
		t.Errorf("there are topics %v, %v", infos, err)
	}
}

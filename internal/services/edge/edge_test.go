package edge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"scaip/internal/event"
	"scaip/internal/log"
	"scaip/internal/media"
	"scaip/internal/ws"
)

func TestThreeParticipants(t *testing.T) {
	for _, kind := range []string{media.Audio, media.Video} {
		t.Run(kind, func(t *testing.T) {
			g := newRig(t, kind, nil)
			g.call("c1", "ada", "bob", "cyd")
			ada, bob := g.dial("ada", "c1", ""), g.dial("bob", "c1", "")
			if h := ada.hello; h.Call != "c1" || h.Kind != kind || h.Seat != 1 || h.Track != 4 || h.Now < 0 || h.Now > 60e6 || (h.Loudest == 8) != (kind == media.Audio) {
				t.Errorf("hello %+v", h)
			}
			ada.send("config", "key", "key")
			bob.gets("4:0", "4:1", "4:2")
			bob.send("config")
			bob.send("key")
			ada.gets("8:0", "8:1")
			cyd := g.dial("cyd", "c1", "?send=0")
			if kind == media.Video { // each one's config and run
				got := []string{}
				for range 4 {
					f := cyd.frame()
					got = append(got, fmt.Sprintf("%d:%d", f.Track, f.Seq))
				}
				slices.Sort(got)
				if want := []string{"4:0", "4:2", "8:0", "8:1"}; !slices.Equal(got, want) {
					t.Errorf("a joiner got %v, want %v", got, want)
				}
				ada.send("delta")
			} else {
				if a, b := cyd.frame(), cyd.frame(); !a.Config || !b.Config {
					t.Errorf("a joiner got %+v and %+v, want two configs", a, b)
				}
				ada.send("key")
			}
			bob.gets("4:3")
			cyd.gets("4:3")
			ada.raw(false, []byte(`{"ping":{"t":12.5}}`))
			if m := ada.text(); m.Pong == nil || m.Pong.T != 12.5 || m.Pong.Now < ada.hello.Now {
				t.Errorf("pong %+v", m)
			}
			ada.hangUp()
			for _, p := range []*peer{bob, cyd} {
				if m := p.text(); m.Gone == nil || m.Gone.Track != 4 {
					t.Errorf("%s got %+v, want gone", p.user, m)
				}
			}
			g.saw(event.MediaClosed{Service: kind, Call: "c1", User: "ada"})
			out := map[string]uint64{media.Audio: 9, media.Video: 11}[kind] // the joiner's first frames among them
			g.until("all is counted", func() bool { s := g.edge.Stats(); return s.FramesOut == out && s.Sockets == 2 && s.Logged == 6 })
			s := g.edge.Stats()
			if s.Calls != 1 || s.Viewers != 2 || s.Tracks != 1 || s.FramesIn != 6 || s.Logged != 6 || s.Latency.Count != 7 || s.Dropped+s.Refused+s.Hostile+s.Stray != 0 {
				t.Errorf("stats %+v", s)
			}
		})
	}
}

func TestWhatIsLogged(t *testing.T) {
	g := newRig(t, media.Video, nil)
	g.call("c1", "ada", "bob")
	ada, bob := g.dial("ada", "c1", "?receive=0"), g.dial("bob", "c1", "")
	ada.send("config", "key", "delta")
	bob.gets("4:0", "4:1", "4:2")
	g.stop()
	var got []string
	for _, f := range g.frames(media.Topic("c1", media.Video)) {
		got = append(got, fmt.Sprintf("%d:%d", f.Track, f.Seq))
	}
	if got, want := strings.Join(got, " "), "4:0 4:1 4:2"; got != want {
		t.Errorf("logged %s, want %s", got, want)
	}
}

func TestPresenceIsAnnounced(t *testing.T) {
	g := newRig(t, media.Video, nil)
	g.call("c1", "ada")
	open := func(idle bool) event.Body {
		return event.MediaOpened{Service: g.kind, Call: "c1", User: "ada", Idle: idle}
	}
	ada := g.dial("ada", "c1", "")
	g.saw(open(true))
	ada.send("config")
	g.saw(open(false))
	ada.raw(false, []byte(`{"stop":{"track":4}}`))
	g.saw(open(true))
	ada.send("config")
	g.saw(open(false))
	again := g.dial("ada", "c1", "") // replaces it, without a closed between
	ada.end(closeReplaced, "")
	g.saw(open(true))
	again.hangUp()
	g.saw(event.MediaClosed{Service: g.kind, Call: "c1", User: "ada"})
	on, off, shut := `opened{"call":"c1","user":"ada"}`, `opened{"call":"c1","user":"ada","idle":true}`, `closed{"call":"c1","user":"ada"}`
	if got, want := g.announced(), []string{"began{}", off, on, off, on, off, shut}; !slices.Equal(got, want) {
		t.Errorf("announced %v,\nwant %v", got, want)
	}
}

func TestASharedScreenIsAnnounced(t *testing.T) {
	g := newRig(t, media.Video, nil)
	g.call("c1", "ada")
	ada := g.dial("ada", "c1", "")
	state := event.MediaOpened{Service: g.kind, Call: "c1", User: "ada", Idle: true}
	g.saw(state)
	screen := ada.make("config")
	screen.Track |= media.SlotScreen
	ada.raw(true, screen.Append(nil))
	state.Idle, state.Screen = false, true
	g.saw(state)
	ada.send("config")
	ada.raw(false, fmt.Appendf(nil, `{"stop":{"track":%d}}`, screen.Track))
	state.Screen = false
	g.saw(state)
	ada.raw(false, []byte(`{"stop":{"track":4}}`))
	state.Idle = true
	g.saw(state)
}

func TestATrackThatStopsIsGoneUntilItsNextConfig(t *testing.T) {
	g := newRig(t, media.Audio, nil)
	g.call("c1", "ada", "bob")
	ada, bob := g.dial("ada", "c1", ""), g.dial("bob", "c1", "")
	ada.send("config", "key")
	bob.gets("4:0", "4:1")
	ada.raw(false, []byte(`{"stop":{"track":4}}`))
	if m := bob.text(); m.Gone == nil || m.Gone.Track != 4 {
		t.Fatalf("got %+v, want gone", m)
	}
	ada.send("key")
	ada.refused(event.Invalid, "config")
	ada.send("config", "key")
	bob.gets("4:3", "4:4")
}

func TestANewSocketReplacesTheOld(t *testing.T) {
	g := newRig(t, media.Video, nil)
	g.call("c1", "ada", "bob")
	bob := g.dial("bob", "c1", "")
	old := g.dial("ada", "c1", "")
	old.send("config", "key")
	bob.gets("4:0", "4:1")
	fresh := g.dial("ada", "c1", "")
	old.end(closeReplaced, "")
	if m := bob.text(); m.Gone == nil {
		t.Fatalf("got %+v, want gone", m)
	}
	fresh.seq = 100
	fresh.send("config", "key", "delta")
	bob.gets("4:100", "4:101", "4:102")
}

func closeCode(err error) int {
	code, _, _ := ws.CloseError(err)
	return code
}

func TestAnAttemptGivenUpReplacesNothing(t *testing.T) {
	g := newRig(t, media.Video, nil)
	g.call("c1", "ada", "bob")
	bob := g.dial("bob", "c1", "")
	second := g.dial("ada", "c1", "?attempt=p.2")
	late, err := g.tryDial("ada", "c1", "?attempt=p.1", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err = late.Read(t.Context()); closeCode(err) != closeReplaced {
		t.Fatalf("the earlier attempt ended with %v", err)
	}
	second.send("config", "key")
	bob.gets("4:0", "4:1")
	third := g.dial("ada", "c1", "?attempt=p.3")
	second.end(closeReplaced, "another window took over")
	other := g.dial("ada", "c1", "?attempt=q.1")
	third.end(closeReplaced, "another window took over")
	g.dial("ada", "c1", "")
	other.end(closeReplaced, "another window took over")
	if status, ref := g.statusOf("ada", "c1?attempt=p", nil); status != 400 || ref.Code != event.Invalid {
		t.Errorf("an attempt without a number: %d, %v", status, ref)
	}
}

func TestParseAttempt(t *testing.T) {
	for _, tc := range []struct {
		in   string
		want attempt
		bad  bool
	}{
		{"", attempt{}, false},
		{"p.1", attempt{"p", 1}, false},
		{strings.Repeat("p", 64) + ".12", attempt{strings.Repeat("p", 64), 12}, false},
		{strings.Repeat("p", 65) + ".12", attempt{}, true},
		{"p", attempt{}, true},
		{"p.", attempt{}, true},
		{".1", attempt{}, true},
		{"p.0", attempt{}, true},
		{"p.-1", attempt{}, true},
		{"p.1.2", attempt{}, true},
		{"p.99999999999999999999", attempt{}, true},
	} {
		if got, err := parseAttempt(tc.in); got != tc.want || (err != nil) != tc.bad {
			t.Errorf("%.20q: %v, %v", tc.in, got, err)
		}
	}
}

func TestSocketsEndWithTheirRight(t *testing.T) {
	for _, tc := range []struct {
		name   string
		event  event.Body
		code   int
		reason string
		others bool // end too
	}{
		{"left", event.CallsLeft{Call: "c1", Group: "g", User: "ada", Reason: "left"}, closePolicy, "left", false},
		{"removed", event.CallsLeft{Call: "c1", Group: "g", User: "ada", Reason: "removed"}, closePolicy, "removed", false},
		{"call ended", event.CallsEnded{Call: "c1", Group: "g", Reason: "ended"}, closeCallEnded, "ended", true},
		{"call deleted", event.CallsDeleted{Call: "c1", Group: "g"}, closeCallEnded, "deleted", true},
		{"logout", event.AuthSessionClosed{Session: event.SessionID(tokenOf("ada")), User: "ada", Reason: "logout"}, closePolicy, "logout", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			g := newRig(t, media.Video, nil)
			g.call("c1", "ada", "bob", "cyd")
			g.call("c2", "dan")
			ada, bob, cyd, dan := g.dial("ada", "c1", ""), g.dial("bob", "c1", ""), g.dial("cyd", "c1", ""), g.dial("dan", "c2", "")
			ada.send("config", "key")
			bob.gets("4:0", "4:1")
			cyd.gets("4:0", "4:1")
			begin := time.Now()
			g.event(tc.event)
			ada.end(tc.code, tc.reason)
			if took := time.Since(begin); took > time.Second {
				t.Errorf("it took %v", took)
			}
			if tc.others {
				bob.end(tc.code, tc.reason)
			} else {
				if m := bob.text(); m.Gone == nil || m.Gone.Track != 4 {
					t.Errorf("got %+v, want gone", m)
				}
				bob.send("config", "key")
				cyd.gets("8:0", "8:1")
			}
			dan.send("config", "key") // another call notices nothing
			dan.raw(false, []byte(`{"ping":{"t":1}}`))
			if m := dan.text(); m.Pong == nil {
				t.Errorf("got %+v, want pong", m)
			}
		})
	}
}

func TestTopicsComeAndGoWithTheirCalls(t *testing.T) {
	g := newRig(t, media.Video, nil)
	g.call("c1", "ada")
	g.dial("ada", "c1", "")
	topics := func() string {
		infos, err := g.media.Topics(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, i := range infos {
			names = append(names, string(i.Topic))
		}
		return strings.Join(names, " ")
	}
	if got := topics(); got != "call.c1.video" {
		t.Errorf("topics %q", got)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	g.event(event.CallsEnded{Call: "c1", Group: "g", Reason: "ended"})
	g.event(event.CallsDeleted{Call: "c1", Group: "g"})
	var err error
	for _, err = range g.media.Read(ctx, "call.c1.video", 0) {
		if err != nil {
			break
		}
	}
	if !errors.Is(err, log.ErrNoTopic) {
		t.Errorf("the topic of a deleted call: %v", err)
	}

	// Deleted while the edge was down, as far as the edge knows: the topic was made again.
	g.stop()
	if err := g.media.Create(t.Context(), "call.c1.video", log.Retention{}); err != nil {
		t.Fatal(err)
	}
	g.start("boot2", nil)
	for _, err = range g.media.Read(ctx, "call.c1.video", 0) {
		if err != nil {
			break
		}
	}
	if !errors.Is(err, log.ErrNoTopic) {
		t.Errorf("after a restart, the topic of a deleted call: %v", err)
	}
}

func TestSocketOpenedBeforeItsSeatIsKnownWaits(t *testing.T) {
	g := newRig(t, media.Audio, nil)
	g.call("c1", "ada")
	g.session("bob", time.Now().Add(time.Hour))
	conn, err := g.tryDial("bob", "c1", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	g.until("it waits", func() bool { return len(g.edge.waiting) > 0 })
	g.event(event.CallsJoined{Call: "c1", Group: "g", User: "bob", Seat: 2})
	_, data, err := conn.Read(t.Context())
	if err != nil || !strings.Contains(string(data), `"seat":2`) {
		t.Errorf("got %q, %v, want hello", data, err)
	}
}

func TestARestartInTheMiddleOfACall(t *testing.T) {
	g := newRig(t, media.Video, nil)
	g.call("c1", "ada", "bob")
	ada, bob := g.dial("ada", "c1", ""), g.dial("bob", "c1", "")
	ada.send("config", "key", "delta")
	bob.gets("4:0", "4:1", "4:2")
	g.stop()
	ada.end(closeGoingAway, "")
	bob.end(closeGoingAway, "")
	g.start("boot2", nil)
	bob = g.dial("bob", "c1", "")
	ada = g.dial("ada", "c1", "")
	ada.seq = 3
	ada.send("config", "key")
	bob.gets("4:3", "4:4") // and nothing of before
	if got := strings.Count(strings.Join(g.announced(), " "), "began{}"); got != 2 {
		t.Errorf("%d beginnings were announced, want 2", got)
	}
	g.stop()
	if n := len(g.frames("call.c1.video")); n != 5 {
		t.Errorf("the topic holds %d frames, want all five", n)
	}
}

func TestExpiredSessionCloses(t *testing.T) {
	t.Parallel()
	g := newRig(t, media.Audio, nil)
	g.call("c1", "ada")
	g.session("ada", time.Now().Add(time.Second))
	ada := g.dial("ada", "c1", "")
	ada.end(closePolicy, "expired")
	if status, ref := g.statusOf("ada", "c1", nil); status != 401 || ref.Code != event.Unauthentic {
		t.Errorf("with an expired session: %d %+v", status, ref)
	}
}

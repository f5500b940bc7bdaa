package e2e

import (
	"context"
	"flag"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"scaip/internal/bot"
	"scaip/internal/client"
	"scaip/internal/event"
	"scaip/internal/media"
	"scaip/internal/media/matroska"
)

// play runs bots until ctx ends, which play ends itself after d unless d is 0.
func play(ctx context.Context, t *testing.T, bots ...bot.Options) func() []bot.Report {
	reports := make([]bot.Report, len(bots))
	var wg sync.WaitGroup
	for i, o := range bots {
		wg.Go(func() {
			var err error
			if reports[i], err = bot.Run(ctx, o); err != nil {
				t.Errorf("bot %d: %v", i, err)
			}
		})
	}
	return func() []bot.Report { wg.Wait(); return reports }
}

// tracks opens a file and returns, for each track, its packets' times.
func tracks(t *testing.T, path string) map[string][]time.Duration {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	c, err := matroska.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]time.Duration{}
	for _, p := range c.Packets {
		name := c.Tracks[p.Track].Name
		all[name] = append(all[name], p.PTS)
	}
	return all
}

func TestCallBecomesAFile(t *testing.T) {
	t.Parallel()
	d := start(t)
	ada, _ := somebody(t, d, "ada")
	bob, bobID := somebody(t, d, "bob")
	eve, eveID := somebody(t, d, "eve")
	stranger, _ := somebody(t, d, "zoe")
	maker := connect(t, ada)
	_, call := startCall(t, maker, bobID, eveID)

	const length = 6 * time.Second
	reports := play(t.Context(), t,
		bot.Options{Client: ada, Group: "Team", Clip: readClip(t, "walk.webm"), For: length, Receive: true},
		bot.Options{Client: bob, Call: call, Clip: readClip(t, "flashbeep.webm"), For: length, Receive: true, Level: 10},
		bot.Options{Client: eve, Call: call, For: length, Receive: true},
	)()
	for i, r := range reports {
		if i < 2 && (r.Sent.Video.Frames < 130 || r.Sent.Audio.Frames < 220) {
			t.Errorf("bot %d sent %d and %d frames, want almost %v of both", i, r.Sent.Audio.Frames, r.Sent.Video.Frames, length)
		}
		if want := []int{2, 2, 4}[i]; len(r.Received) != want || r.Faults > 0 || r.Refused > 0 {
			t.Errorf("bot %d received %d tracks, %d faults, %d refusals; want %d, none", i, len(r.Received), r.Faults, r.Refused, want)
		}
		for _, c := range r.Received {
			if c.Lost > 0 || c.Kind == media.Video && c.Frames < 150 || c.Kind == media.Audio && c.Frames < 250 {
				t.Errorf("bot %d, %s of %s: %d frames, %d lost", i, c.Kind, c.Name, c.Frames, c.Lost)
			}
		}
	}
	_, _ = maker.Send(t.Context(), event.CallsEnd{Call: call}) // it ends by itself when all have left

	path := download(t, bob, call, client.ReplayOptions{})
	decodes(t, path)
	all := tracks(t, path)
	for _, name := range []string{"Ada (camera)", "Ada (microphone)", "Bob (camera)", "Bob (microphone)"} {
		at := all[name]
		if len(at) == 0 {
			t.Errorf("no track %q", name)
			continue
		}
		if long := at[len(at)-1] - at[0]; long < length-1500*time.Millisecond || long > length || !slices.IsSorted(at) {
			t.Errorf("%s lasts %v, want almost %v", name, long, length)
		}
	}
	if len(all) != 4 {
		t.Errorf("%d tracks, want 4", len(all))
	}
	if one := tracks(t, download(t, eve, call, client.ReplayOptions{Participant: bobID, From: 2 * time.Second, To: 4 * time.Second})); len(one) != 2 || len(one["Bob (camera)"]) == 0 {
		t.Errorf("Bob's part has tracks of %v", one)
	}
	if _, err := stranger.PrepareReplay(t.Context(), call, client.ReplayOptions{}, nil); !isCode(err, event.NotFound) {
		t.Errorf("a stranger: %v, want not_found", err)
	}
	if s, err := d.Admin.PrepareReplay(t.Context(), call, client.ReplayOptions{}, nil); err != nil || s.State != "ready" {
		t.Errorf("the administrator: %+v, %v", s, err)
	}
}

func isCode(err error, code event.Code) bool {
	r, ok := event.AsRefusal(err)
	return ok && r.Code == code
}

var kills = flag.Int("kills", 3, "how many times TestSurvivesKills kills the daemon")

// TestSurvivesKills kills the daemon at random moments under bots and posts. The bots go on in their seats, the file holds every side of
// the gaps, and what was acknowledged is there once.
func TestSurvivesKills(t *testing.T) {
	t.Parallel()
	d := start(t)
	ada, _ := somebody(t, d, "ada")
	bob, bobID := somebody(t, d, "bob")
	maker := connect(t, ada)
	group, call := startCall(t, maker, bobID)

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	wait := play(ctx, t,
		bot.Options{Client: ada, Call: call, Clip: readClip(t, "walk.webm"), Loop: true, Receive: true},
		bot.Options{Client: bob, Call: call, Clip: readClip(t, "box.webm"), Loop: true, Receive: true},
	)
	posted := make(chan []string)
	go func() { posted <- post(ctx, t, maker, group) }()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	for range *kills {
		pause(t, 1500*time.Millisecond+time.Duration(rnd.Int64N(int64(1500*time.Millisecond))))
		d.Kill()
		if err := d.Launch(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	pause(t, 4*time.Second)
	stop()
	checkPosts(t, ada, group, <-posted)
	for i, r := range wait() {
		if r.Sent.Video.Sockets <= *kills || r.Sent.Audio.Sockets <= *kills || r.Faults > 0 || r.Refused > 0 || len(r.Received) != 2 {
			t.Errorf("bot %d: %d and %d sockets, %d faults, %d refusals, %d tracks; want more than %d, none, none, 2", i, r.Sent.Audio.Sockets,
				r.Sent.Video.Sockets, r.Faults, r.Refused, len(r.Received), *kills)
		}
	}
	c, err := ada.Call(t.Context(), call)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Participants) != 2 || c.Participants[0].Seat+c.Participants[1].Seat != 3 || c.Group != group {
		t.Errorf("the call has %+v, want seats 1 and 2", c.Participants)
	}
	path := download(t, ada, call, client.ReplayOptions{})
	decodes(t, path)
	all := tracks(t, path)
	if len(all) != 4 {
		t.Errorf("%d tracks, want 4", len(all))
	}
	for name, at := range all {
		gaps := 0
		for i := range at[1:] {
			if at[i+1]-at[i] > 100*time.Millisecond {
				gaps++
			}
		}
		if long := at[len(at)-1] - at[0]; gaps < 1 || long < time.Duration(*kills)*1500*time.Millisecond+3*time.Second {
			t.Errorf("%s lasts %v with %d gaps, want all of it with a gap for each kill", name, long, gaps)
		}
	}
}

// pause lets the daemon and the bots, other processes' time, go on for d.
func pause(t *testing.T, d time.Duration) {
	t.Helper()
	select {
	case <-time.After(d):
	case <-t.Context().Done():
		t.Fatal("the test has no time left")
	}
}

// post posts 1, 2, … until ctx ends and returns those that were acknowledged.
func post(ctx context.Context, t *testing.T, s *client.Socket, group string) (acknowledged []string) {
	for i := 1; ctx.Err() == nil; i++ {
		text := strconv.Itoa(i)
		_, err := s.Send(ctx, event.MessagingPost{Group: group, Text: text})
		switch {
		case err == nil:
			acknowledged = append(acknowledged, text)
		case ctx.Err() == nil && !isCode(err, event.TooMany):
			t.Errorf("post %s: %v", text, err)
		}
		select {
		case <-time.After(60 * time.Millisecond): // under the limit of 20 a second
		case <-ctx.Done():
		}
	}
	return acknowledged
}

// checkPosts reads the group's history: every acknowledged post once, none twice, numbers without a gap.
func checkPosts(t *testing.T, c *client.Client, group string, acknowledged []string) {
	t.Helper()
	times, before := map[string]int{}, uint64(0)
	for {
		page, more, err := c.Messages(t.Context(), group, before, 100)
		if err != nil {
			t.Fatal(err)
		}
		for i, m := range page {
			times[m.Text]++
			if i > 0 && m.Number != page[i-1].Number+1 || i == len(page)-1 && before > 0 && m.Number != before-1 {
				t.Errorf("message %d does not follow on the one before", m.Number)
			}
		}
		if !more {
			break
		}
		before = page[0].Number
	}
	for text, n := range times {
		if n != 1 {
			t.Errorf("post %s is there %d times", text, n)
		}
	}
	for _, text := range acknowledged {
		if times[text] == 0 {
			t.Errorf("post %s was acknowledged and is lost", text)
		}
	}
	if len(acknowledged) < 20 {
		t.Errorf("only %d posts were acknowledged", len(acknowledged))
	}
}

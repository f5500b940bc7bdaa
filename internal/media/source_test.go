package media

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"scaip/internal/log"
	"scaip/internal/log/memlog"
)

// liveCall logs ten seconds of a call with the camera and the microphone of seats 1 and 2, as an edge does. Seat 2 begins at 5 s.
func liveCall(t *testing.T) LogSource {
	l := memlog.New()
	t.Cleanup(func() { l.Close() })
	s := LogSource{Log: l, Call: "c", Start: time.Now()}
	for _, kind := range []string{Audio, Video} {
		if err := l.Create(t.Context(), Topic("c", kind), log.Retention{}); err != nil {
			t.Fatal(err)
		}
	}
	put := func(kind string, f Frame) {
		if _, err := l.Append(t.Context(), Topic("c", kind), log.Record{Value: f.Append(nil)}); err != nil {
			t.Fatal(err)
		}
	}
	seq := map[string]uint32{}
	for at := time.Duration(0); at < 10*time.Second; at += 100 * time.Millisecond {
		for seat := 1; seat <= 2; seat++ {
			if seat == 2 && at < 5*time.Second {
				continue
			}
			for _, kind := range []string{Audio, Video} {
				track, id := TrackOf(seat, SlotMain), fmt.Sprint(kind, seat)
				key := at%(2*time.Second) == 0 || seq[id] == 0
				if key {
					raw, _ := json.Marshal(Config{User: fmt.Sprint("u", seat), Codec: "x"})
					put(kind, Frame{Config: true, Track: track, Payload: raw})
				}
				seq[id]++
				put(kind, Frame{Key: key || kind == Audio, Track: track, Seq: seq[id], PTS: at.Microseconds(), Payload: []byte("x")})
			}
		}
		time.Sleep(100 * time.Millisecond) // of the bubble
	}
	return s
}

// tell reads frames up to a PTS and writes them down: track, "c" or time in tenths of a second.
func tell(t *testing.T, s Source, kind string, at, until time.Duration) string {
	t.Helper()
	var got []string
	for batch, err := range s.Frames(t.Context(), kind, at.Microseconds()) {
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range batch {
			if f, _, err := ParseFrame(p.Bytes); err != nil || f.PTS != p.PTS || f.Track != p.Track {
				t.Fatalf("bytes say %+v (%v), the frame %+v", f, err, p.Frame)
			}
			what := fmt.Sprint(p.PTS / 100_000)
			if p.Config {
				what = "c"
			}
			got = append(got, fmt.Sprintf("%d:%s", p.Track, what))
			if !p.Config && p.PTS >= until.Microseconds() {
				return strings.Join(got, " ")
			}
		}
	}
	return strings.Join(got, " ")
}

func TestLogSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := liveCall(t)
		for _, c := range []struct {
			kind      string
			at, until time.Duration
			want      string
		}{
			{Video, 0, 200 * time.Millisecond, "4:c 4:0 4:1 4:2"},
			{Video, 2200 * time.Millisecond, 2300 * time.Millisecond, "4:c 4:20 4:21 4:22 4:23"},
			{Audio, 2200 * time.Millisecond, 2300 * time.Millisecond, "4:c 4:22 4:23"},
			{Video, 8200 * time.Millisecond, 8250 * time.Millisecond, "4:c 4:80 4:81 8:c 8:80 8:81 4:82 8:82 4:83"},
			{Video, 4950 * time.Millisecond, 5 * time.Second, "4:c 4:40 4:41 4:42 4:43 4:44 4:45 4:46 4:47 4:48 4:49 4:50"},
			{Audio, 9900 * time.Millisecond, 9900 * time.Millisecond, "4:c 4:99"},
		} {
			if got := tell(t, s, c.kind, c.at, c.until); got != c.want {
				t.Errorf("%s from %v: %s, want %s", c.kind, c.at, got, c.want)
			}
		}
		if end, err := s.End(t.Context()); err != nil || end != 9_900_000 {
			t.Errorf("the end is %d, %v; want 9.9 s", end, err)
		}
		apart := s
		apart.Start = s.Start.Add(time.Minute) // the clocks are apart
		if got, want := tell(t, apart, Audio, 4*time.Second, 4*time.Second), "4:c 4:40"; got != want {
			t.Errorf("clocks apart: %s, want %s", got, want)
		}
	})
}

// Key frames come a little sooner than a config is due again, so only every other one has its config: the picture is there at each moment all the same.
func TestLogSourceFindsTheConfig(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := memlog.New()
		defer l.Close()
		s := LogSource{Log: l, Call: "c", Start: time.Now()}
		if err := l.Create(t.Context(), Topic("c", Video), log.Retention{}); err != nil {
			t.Fatal(err)
		}
		const picture, keys = 100 * time.Millisecond, 19
		for i := range 200 {
			records := []log.Record{{Value: Frame{Key: i%keys == 0, Track: 4, Seq: uint32(i + 1), PTS: (time.Duration(i) * picture).Microseconds(), Payload: []byte("x")}.Append(nil)}}
			if i%(2*keys) == 0 {
				records = append([]log.Record{{Value: Frame{Config: true, Track: 4, Payload: []byte("{}")}.Append(nil)}}, records...)
			}
			if _, err := l.Append(t.Context(), Topic("c", Video), records...); err != nil {
				t.Fatal(err)
			}
			time.Sleep(picture) // of the bubble
		}
		for at := 5 * time.Second; at < 19*time.Second; at += 50 * time.Millisecond {
			if got := firstPicture(t, s, at); got > at || at-got > keys*picture {
				t.Errorf("at %v the first picture is of %v, want the key frame before", at, got)
			}
		}
	})
}

func TestAConfigThatChangesAtTheMomentTakesNoPictureAway(t *testing.T) {
	config := func(text string) Piece {
		f := Frame{Config: true, Track: 4, Payload: []byte(text)}
		return Piece{Frame: f, Bytes: f.Append(nil)}
	}
	picture := func(pts int64, key bool) Piece { return Piece{Frame: Frame{Track: 4, PTS: pts, Key: key}} }
	for _, at := range []int64{25, 30, 35} {
		e := Entrance{At: at, Kind: Video}
		var got []string
		for _, p := range []Piece{config("a"), picture(10, true), picture(20, false), config("b"), picture(30, true), picture(40, false)} {
			for _, p := range e.Take(nil, p) {
				if p.Config {
					got = append(got, string(p.Payload))
				} else {
					got = append(got, fmt.Sprint(p.PTS))
				}
			}
		}
		want := "a 10 20 b 30 40"
		if at > 30 {
			want = "b 30 40"
		}
		if got := strings.Join(got, " "); got != want {
			t.Errorf("at %d: %s, want %s", at, got, want)
		}
	}
}

// firstPicture returns the time of the first picture that a source gives for a moment.
func firstPicture(t *testing.T, s Source, at time.Duration) time.Duration {
	t.Helper()
	for batch, err := range s.Frames(t.Context(), Video, at.Microseconds()) {
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range batch {
			if !p.Config {
				return time.Duration(p.PTS) * time.Microsecond
			}
		}
		if len(batch) == 0 { // it would wait for more
			break
		}
	}
	t.Fatalf("no picture at %v", at)
	return 0
}

func TestLogSourceWaitsAndEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := liveCall(t)
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		got, err := make(chan string, 100), make(chan error, 1)
		go func() {
			for batch, e := range s.Frames(ctx, Audio, (20 * time.Second).Microseconds()) {
				if e != nil {
					err <- e
				}
				for _, p := range batch {
					got <- fmt.Sprintf("%d:%v", p.Track, p.Config)
				}
			}
		}()
		synctest.Wait()
		select {
		case first := <-got:
			t.Errorf("from the future came %s", first)
		default:
		}
		f := Frame{Key: true, Track: 4, Seq: 500, PTS: 20_000_000, Payload: []byte("x")}
		if _, e := s.Log.Append(ctx, Topic("c", Audio), log.Record{Value: f.Append(nil)}); e != nil {
			t.Fatal(e)
		}
		if a, b := <-got, <-got; a != "4:true" || b != "4:false" {
			t.Errorf("then came %s, %s", a, b)
		}
		if e := s.Log.Delete(ctx, Topic("c", Audio)); e != nil {
			t.Fatal(e)
		}
		if e := <-err; !errors.Is(e, log.ErrNoTopic) {
			t.Errorf("after the topic: %v, want ErrNoTopic", e)
		}
	})
}

package bench

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"time"

	"scaip/internal/event"
	"scaip/internal/log"
	"scaip/internal/log/natslog"
	"scaip/internal/media"
	"scaip/internal/media/matroska"
	"scaip/internal/media/replay"
	"scaip/internal/media/seal"
	"scaip/internal/services"
	"scaip/internal/store/boltstore"
)

// pastCalls are calls that never took place: their events and frames are put into the logs of a daemon that does not run, in the form in which it would
// have written them.
type pastCalls struct {
	o     ReplayOptions
	d     *Daemon
	r     *ReplayResult
	users []user
	group string
	call  string // the long one
	begun time.Time
	short seal.File // of which all others are copies
}

func (p *pastCalls) ended() time.Time { return p.begun.Add(p.o.Length) }

// shortCall is the ID of a short call.
func shortCall(i int) string { return fmt.Sprint("short", i) }

const shortLength = 2 * time.Second

// meet makes users and a group.
func (p *pastCalls) meet(ctx context.Context) (err error) {
	p.o.Progress("users", 0)
	if p.users, err = p.d.newUsers(ctx, p.o.People); err != nil {
		return err
	}
	events, err := p.d.Admin.Command(ctx, p.users[0].id, event.GroupsCreate{Name: "Bench"})
	if err != nil {
		return fmt.Errorf("make group: %w", err)
	}
	for _, e := range events {
		var made event.GroupsCreated
		if e.Type == made.EventType() {
			if err := json.Unmarshal(e.Body, &made); err != nil {
				return fmt.Errorf("make group: %w", err)
			}
			p.group = made.Group
		}
	}
	p.d.halt()
	p.begun = time.Now().Add(-p.o.Length - 5*time.Minute).Truncate(time.Second).UTC()
	return nil
}

// withLog opens one of the daemon's logs.
func (p *pastCalls) withLog(name string, f func(log.Admin) error) error {
	server, err := natslog.Serve(natslog.ServerOptions{Dir: filepath.Join(p.d.Dir, name), Name: name, Sync: 250 * time.Millisecond,
		Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer server.Close()
	l, err := server.Log()
	if err != nil {
		return err
	}
	return errors.Join(f(l), l.Close())
}

// record writes the topics of the long call, and of a short one.
func (p *pastCalls) record(ctx context.Context) error {
	return p.withLog("media", func(l log.Admin) error {
		long := newRecorder(p, l, p.call, p.o.Length)
		began := time.Now()
		if err := long.run(ctx); err != nil {
			return fmt.Errorf("record a call: %w", err)
		}
		p.r.Log = float64(long.bytes) / 1e6 / time.Since(began).Seconds()
		if err := newRecorder(p, l, shortCall(0), shortLength).run(ctx); err != nil {
			return fmt.Errorf("record a call: %w", err)
		}
		return nil
	})
}

// recorder writes what the people of a call send, in the order of time.
type recorder struct {
	p     *pastCalls
	log   log.Admin
	call  string
	until time.Duration
	next  []int // packet, by seat
	round []int // how often the clip has been played, by seat
	seqs  map[string]uint64
	bytes int64
}

func newRecorder(p *pastCalls, l log.Admin, call string, until time.Duration) *recorder {
	return &recorder{p: p, log: l, call: call, until: until, next: make([]int, p.o.People), round: make([]int, p.o.People), seqs: map[string]uint64{}}
}

// period is after what time a clip begins again.
func period(c *matroska.Clip) time.Duration {
	last := time.Duration(0)
	for _, p := range c.Packets {
		last = max(last, p.PTS)
	}
	return (last + 40*time.Millisecond).Truncate(20 * time.Millisecond)
}

func (r *recorder) clip(seat int) *matroska.Clip {
	if seat < r.p.o.Speakers {
		return r.p.o.Loud
	}
	return r.p.o.Quiet
}

// sent is a record and when it was sent.
type sent struct {
	pts time.Duration
	rec log.Record
}

func (r *recorder) run(ctx context.Context) error {
	for _, kind := range []string{media.Audio, media.Video} {
		if err := r.log.Create(ctx, media.Topic(r.call, kind), log.Retention{}); err != nil {
			return err
		}
	}
	const step = time.Second
	for at := time.Duration(0); at < r.until; at += step {
		if r.call == r.p.call {
			r.p.o.Progress("recording", float64(at)/float64(r.until))
		}
		parts := map[string][]sent{}
		for seat := range r.next {
			r.collect(parts, seat, min(at+step, r.until))
		}
		for kind, part := range parts {
			if err := r.append(ctx, kind, part); err != nil {
				return err
			}
		}
	}
	return nil
}

// collect takes what a seat sends up to a time. Seats begin a little after each other, so that their key frames are apart.
func (r *recorder) collect(parts map[string][]sent, seat int, until time.Duration) {
	c := r.clip(seat)
	track := media.TrackOf(seat+1, media.SlotMain)
	for {
		p := c.Packets[r.next[seat]]
		at := time.Duration(r.round[seat])*period(c) + p.PTS + time.Duration(seat)*137*time.Millisecond
		if at >= until {
			return
		}
		t := c.Tracks[p.Track]
		kind := string(t.Kind)
		put := func(f media.Frame) {
			f.Track = track
			parts[kind] = append(parts[kind], sent{at, log.Record{Origin: kind + "/bench", Key: strconv.Itoa(int(track)), Value: f.Append(nil)}})
		}
		id := fmt.Sprint(kind, seat)
		if r.seqs[id]++; r.seqs[id] == 1 || t.Kind == matroska.Video && p.Key {
			raw, _ := json.Marshal(media.Config{User: r.p.users[seat].id, Name: fmt.Sprint("Bench ", seat), Codec: t.Codec, Width: t.Width, Height: t.Height,
				SampleRate: t.SampleRate, Channels: t.Channels, Extra: t.Private}) // of numbers and strings
			put(media.Frame{Config: true, Seq: uint32(r.seqs[id] - 1), PTS: at.Microseconds(), Payload: raw})
		}
		put(media.Frame{Key: p.Key, Seq: uint32(r.seqs[id]), PTS: at.Microseconds(), Level: 30, Payload: p.Data})
		if r.next[seat]++; r.next[seat] == len(c.Packets) {
			r.next[seat] = 0
			r.round[seat]++
		}
	}
}

// What the edges log as one record: what came within that time, if it is not more than so many bytes.
const (
	together     = 40 * time.Millisecond
	mostTogether = 256 << 10
)

func (r *recorder) append(ctx context.Context, kind string, part []sent) error {
	slices.SortStableFunc(part, func(a, b sent) int { return cmp.Compare(a.pts, b.pts) })
	var recs []log.Record
	window := time.Duration(-1)
	for _, s := range part {
		r.bytes += int64(len(s.rec.Value))
		if n := len(recs); n > 0 && s.pts/together == window && len(recs[n-1].Value)+len(s.rec.Value) <= mostTogether {
			recs[n-1].Value = append(recs[n-1].Value, s.rec.Value...)
			continue
		}
		window = s.pts / together
		r.seqs[kind]++
		s.rec.Seq = r.seqs[kind]
		recs = append(recs, s.rec)
	}
	_, err := r.log.Append(ctx, media.Topic(r.call, kind), recs...)
	return err
}

// finish makes files of the short calls, tells the daemon of all calls, and waits until it has taken them in.
func (p *pastCalls) finish(ctx context.Context) error {
	for i := range p.o.Calls {
		if i%200 == 0 {
			p.o.Progress("short calls", float64(i)/float64(p.o.Calls))
		}
		path := filepath.Join(filepath.Dir(p.short.Path), shortCall(i)+".mkv")
		if i > 0 {
			if err := os.Link(p.short.Path, path); err != nil {
				return fmt.Errorf("make a short call: %w", err)
			}
		}
		if err := os.WriteFile(path+".sha256", fmt.Appendf(nil, "%s  %s\n", p.short.SHA256, filepath.Base(path)), 0o600); err != nil {
			return fmt.Errorf("make a short call: %w", err)
		}
	}
	if err := p.withLog("events", func(l log.Admin) error { return p.tell(ctx, l) }); err != nil {
		return fmt.Errorf("log events of calls: %w", err)
	}
	// The service knows nothing of these facts: it takes them from the log.
	if err := os.RemoveAll(filepath.Join(p.d.Dir, "stores", "calls")); err != nil {
		return fmt.Errorf("log events of calls: %w", err)
	}
	if err := p.d.Launch(ctx); err != nil {
		return err
	}
	for {
		r, err := p.recordings(ctx)
		if err != nil {
			return err
		}
		p.o.Progress("taking in", float64(r.Files)/float64(p.o.Calls+1))
		if r.Files == p.o.Calls+1 && r.Waiting == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-p.d.exited:
			return fmt.Errorf("take calls in: the daemon ended: %s", p.d.stderr)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// tell logs what happened in all calls: calls.out, as the service calls would have written it.
func (p *pastCalls) tell(ctx context.Context, l log.Admin) error {
	topic := services.Outbox("calls")
	var recs []log.Record
	say := func(at time.Time, body event.Body) {
		raw, _ := json.Marshal(body) // of strings, numbers and times
		n := uint64(len(recs) + 1)
		e, _ := json.Marshal(event.Envelope{ID: fmt.Sprint("bench", n), Type: body.EventType(), At: at, Actor: p.users[0].id, Cause: fmt.Sprint("bench-c", n), Body: raw})
		recs = append(recs, log.Record{Origin: string(topic), Seq: n, Value: e})
	}
	call := func(id string, start, end time.Time, people int) {
		say(start, event.CallsStarted{Call: id, Group: p.group, Maker: p.users[0].id, Start: start})
		for i, u := range p.users[:people] {
			say(start, event.CallsJoined{Call: id, Group: p.group, User: u.id, Seat: i + 1})
		}
		for _, u := range p.users[:people] {
			say(end, event.CallsLeft{Call: id, Group: p.group, User: u.id, Reason: "left"})
		}
		say(end, event.CallsEnded{Call: id, Group: p.group, Reason: "empty", End: end})
	}
	for i := range p.o.Calls {
		at := p.begun.Add(-time.Duration(p.o.Calls-i) * time.Minute)
		call(shortCall(i), at, at.Add(shortLength), 1)
	}
	call(p.call, p.begun, p.ended(), len(p.users))
	for chunk := range slices.Chunk(recs, 500) {
		if _, err := l.Append(ctx, topic, chunk...); err != nil {
			return err
		}
	}
	return nil
}

// seal measures the sealing of the long call, and the floor: a copy of the file.
func (p *pastCalls) seal(ctx context.Context) error {
	ledger := filepath.Join(p.d.Dir, "bench.bolt")
	store, err := boltstore.Open(ledger, nil)
	if err != nil {
		return err
	}
	defer os.Remove(ledger)
	defer store.Close()
	return p.withLog("media", func(l log.Admin) error {
		s, err := seal.Open(seal.Options{Dir: filepath.Join(p.d.Dir, "calls"), Log: l, Ledger: store, Logger: slog.New(slog.DiscardHandler), Workers: 1,
			Fates: func(after uint64, _ int) ([]seal.Fate, error) {
				return []seal.Fate{{Number: 1, Call: p.call}, {Number: 2, Call: shortCall(0)}}[min(after, 2):], nil
			},
			Changed: func() <-chan struct{} { return nil },
			Describe: func(call string) (seal.Subject, bool, error) {
				return seal.Subject{Title: "Bench", Start: p.begun, End: p.ended(), About: p.about()}, true, nil
			},
			Forget: func(string) {},
		})
		if err != nil {
			return err
		}
		if err := p.watchSeal(ctx, s); err != nil {
			return err
		}
		f, _, _, err := s.Find(p.call)
		if err != nil {
			return err
		}
		p.r.Floor, err = p.copyRate(f.Path)
		return err
	})
}

// about tells who was in the long call, as query would.
func (p *pastCalls) about() *replay.About {
	a := &replay.About{Group: p.group}
	for i, u := range p.users {
		a.People = append(a.People, replay.Person{User: u.id, Name: fmt.Sprint("Bench ", i), Seat: i + 1})
		raw, _ := json.Marshal(event.CallsJoined{Call: p.call, Group: p.group, User: u.id, Seat: i + 1}) // of strings and a number
		a.Events = append(a.Events, replay.Happening{At: p.begun, Type: event.CallsJoined{}.EventType(), Body: raw})
	}
	return a
}

// watchSeal lets the sealer seal both calls. They may come in either order.
func (p *pastCalls) watchSeal(ctx context.Context, s *seal.Sealer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	debug.FreeOSMemory() // what recording took is not sealing's
	before, began := selfCPU(), time.Now()
	stopped := make(chan error, 1)
	go func() { stopped <- s.Run(ctx) }()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case err := <-stopped:
			return errors.Join(err, ctx.Err())
		}
		f, state, done, err := s.Find(p.call)
		if err != nil {
			return err
		}
		short, shortState, _, err := s.Find(shortCall(0))
		if err != nil {
			return err
		}
		p.o.Progress("sealing", done)
		if u, err := usageOf(os.Getpid()); err == nil {
			p.r.Resident = max(p.r.Resident, u.resident)
		}
		if state != seal.Sealed || shortState != seal.Sealed {
			continue
		}
		mb := float64(f.Bytes+short.Bytes) / 1e6
		p.short = short
		p.r.People, p.r.Seconds, p.r.Bytes, p.r.Frames = p.o.People, p.o.Length.Seconds(), f.Bytes, f.Frames
		p.r.Calls = p.o.Calls
		p.r.Seal, p.r.SealCPU = mb/time.Since(began).Seconds(), mb/(selfCPU()-before).Seconds()
		cancel()
		return errors.Join(<-stopped, p.clean(f))
	}
}

// clean says what a recording lost on its way, which it must not.
func (p *pastCalls) clean(f seal.File) error {
	if f.Missing > 0 || f.Skipped.Total() > 0 {
		return fmt.Errorf("seal a call: %d records are missing, %+v left out", f.Missing, f.Skipped)
	}
	return nil
}

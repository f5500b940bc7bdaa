package calls

import (
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"

	"scaip/internal/event"
	"scaip/internal/services/machinetest"
	"scaip/internal/store"
)

// picture is what one learns of a call from its events alone, as a client does.
type picture struct {
	state string
	in    map[string]bool
	seats map[string]int
	media map[string][2]bool

	forgotten bool
	hands     map[string]bool
	muted     map[string]bool
	barred    map[string]bool
}

// world is the state of one random run: the machine, and the pictures of the calls that its events paint. Its methods are the
// moves (see rapid.StateMachineActions).
type world struct {
	rig   *machinetest.Rig
	seen  int // events painted
	calls map[string]*picture
	ids   []string
	in    map[string]bool // members of g
	bar   map[string]bool
	open  map[string]bool // "audio/call/user": sends
}

// TestAgainstModel runs random commands, events of others and passing time: what the events say and what the store holds
// agree, a group has one running call, and the store rebuilt from the events, mixed in any way, equals the live one.
func TestAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &world{
			rig: room(t), calls: map[string]*picture{}, bar: map[string]bool{}, open: map[string]bool{},
			in: map[string]bool{"ada": true, "bob": true, "cyd": true},
		}
		t.Repeat(rapid.StateMachineActions(w))
		w.rig.Rebuild(func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "next") })
	})
}

func user(t *rapid.T) string {
	return rapid.SampledFrom([]string{"ada", "bob", "cyd", "eve"}).Draw(t, "user")
}

func which(t *rapid.T) edge { return rapid.SampledFrom([]edge{audio, video}).Draw(t, "edge") }

func (w *world) pick(t *rapid.T) string {
	if len(w.ids) == 0 {
		t.Skip("no call yet")
	}
	return w.ids[len(w.ids)-1-rapid.IntRange(0, min(3, len(w.ids)-1)).Draw(t, "call")]
}

// do gives the command, which is to be taken or not.
func (w *world) do(t *rapid.T, actor string, want bool, body event.Body) {
	if _, err := w.rig.Do(actor, body); want != (err == nil) {
		t.Fatalf("%s %+v of %s: %v, want ok %v", body.EventType(), body, actor, err, want)
	}
}

func (w *world) busy() bool {
	for _, p := range w.calls {
		if p.state == running {
			return true
		}
	}
	return false
}

func (w *world) Start(t *rapid.T) {
	u := user(t)
	w.do(t, u, w.in[u] && !w.bar[u] && !w.busy(), event.CallsStart{Group: "g"})
}

func (w *world) Schedule(t *rapid.T) {
	u, d := user(t), time.Duration(rapid.IntRange(1, 3000).Draw(t, "seconds"))*time.Second
	w.do(t, u, w.in[u] && !w.bar[u], event.CallsSchedule{Group: "g", Start: w.rig.Now.Add(d)})
}

func (w *world) Join(t *rapid.T) {
	u, id := user(t), w.pick(t)
	p := w.calls[id]
	w.do(t, u, w.in[u] && !w.bar[u] && p.state == running && !p.barred[u], event.CallsJoin{Call: id})
}

func (w *world) Leave(t *rapid.T) {
	u, id := user(t), w.pick(t)
	w.do(t, u, w.in[u] && w.calls[id].state != "deleted", event.CallsLeave{Call: id})
}

func (w *world) Hand(t *rapid.T) {
	u, id := user(t), w.pick(t)
	sits := w.calls[id].in[u]
	if rapid.Bool().Draw(t, "up") {
		w.do(t, u, sits, event.CallsRaiseHand{Call: id})
	} else {
		w.do(t, u, sits, event.CallsLowerHand{Call: id})
	}
}

func (w *world) React(t *rapid.T) {
	u, id := user(t), w.pick(t)
	_, err := w.rig.Do(u, event.CallsReact{Call: id, Emoji: "👏"})
	if sits := w.calls[id].in[u]; sits != (err == nil) && (!sits || machinetest.CodeOf(err) != event.TooMany) {
		t.Fatalf("reaction of %s, who is in: %v: %v", u, sits, err)
	}
}

// Owner does what ada, who owns the group, can do to others.
func (w *world) Owner(t *rapid.T) {
	u, id := user(t), w.pick(t)
	p := w.calls[id]
	runs := p.state == running
	switch rapid.IntRange(0, 5).Draw(t, "what") {
	case 0:
		w.do(t, "ada", runs && p.in[u], event.CallsMute{Call: id, User: u})
	case 1:
		w.do(t, "ada", runs, event.CallsMute{Call: id})
	case 2:
		w.do(t, "ada", runs && p.in[u] && u != "ada", event.CallsExpel{Call: id, User: u})
	case 3:
		w.do(t, "ada", runs, event.CallsAdmit{Call: id, User: u})
	case 4:
		w.do(t, "ada", runs && p.in[u], event.CallsLowerHand{Call: id, User: u})
	case 5:
		w.do(t, u, p.in[u], event.CallsUnmute{Call: id})
	}
}

func (w *world) End(t *rapid.T) {
	id := w.pick(t)
	s := w.calls[id].state
	w.do(t, "ada", s == running || s == ended, event.CallsEnd{Call: id})
}

func (w *world) Cancel(t *rapid.T) {
	id := w.pick(t)
	s := w.calls[id].state
	w.do(t, "ada", s == scheduled || s == cancelled, event.CallsCancel{Call: id})
}

func (w *world) Delete(t *rapid.T) {
	id := w.pick(t)
	s := w.calls[id].state
	w.do(t, "adm", s == ended || s == cancelled, event.CallsDelete{Call: id})
}

func (w *world) Socket(t *rapid.T) {
	id, u, e := w.pick(t), user(t), which(t)
	key := string(e) + "/" + pair(id, u)
	if rapid.Bool().Draw(t, "open") {
		idle := rapid.Bool().Draw(t, "idle")
		w.open[key] = !idle
		w.rig.Hear(event.MediaOpened{Service: string(e), Call: id, User: u, Idle: idle})
	} else {
		w.open[key] = false
		w.rig.Hear(event.MediaClosed{Service: string(e), Call: id, User: u})
	}
}

func (w *world) Begin(t *rapid.T) {
	e := which(t)
	for key := range w.open {
		if edge(key[:5]) == e {
			delete(w.open, key)
		}
	}
	w.rig.Hear(event.MediaBegan{Service: string(e)})
}

func (w *world) Member(t *rapid.T) {
	u := user(t)
	if u == "ada" {
		return // the owner stays
	}
	if w.in[u] {
		w.rig.Hear(event.GroupsMemberRemoved{Group: "g", User: u})
	} else {
		w.rig.Hear(event.GroupsMemberAdded{Group: "g", User: u, Role: event.GroupMember})
	}
	w.in[u] = !w.in[u]
}

func (w *world) Keep(t *rapid.T) {
	keep := rapid.SampledFrom([]string{event.KeepForever, event.KeepDays, event.KeepNone}).Draw(t, "keep")
	set := event.GroupsKeepSet{Group: "g", Keep: keep}
	if keep == event.KeepDays {
		set.Days = 1
	}
	w.rig.Hear(set)
}

func (w *world) Days(t *rapid.T) {
	w.rig.Now = w.rig.Now.Add(time.Duration(rapid.IntRange(1, 30).Draw(t, "hours")) * time.Hour)
	w.rig.Tick()
}

func (w *world) Bar(t *rapid.T) {
	u := user(t)
	if u == "ada" {
		return
	}
	if w.bar[u] = !w.bar[u]; w.bar[u] {
		w.rig.Hear(event.UsersDisabled{User: u})
	} else {
		w.rig.Hear(event.UsersEnabled{User: u})
	}
}

func (w *world) Time(t *rapid.T) {
	w.rig.Now = w.rig.Now.Add(time.Duration(rapid.IntRange(1, 700).Draw(t, "seconds")) * time.Second)
	w.rig.Tick()
}

// Check paints the new events, and holds the store against the pictures.
func (w *world) Check(t *rapid.T) {
	for ; w.seen < len(w.rig.Said); w.seen++ {
		w.paint(t, w.rig.Said[w.seen])
	}
	runs := 0
	for id, p := range w.calls {
		if p.state == running {
			runs++
		}
		w.compare(t, id, p)
	}
	if runs > 1 {
		t.Fatalf("%d calls run in one group", runs)
	}
}

// paint brings one event into the pictures; the test fails if it can't have happened.
func (w *world) paint(t *rapid.T, e event.Envelope) {
	var b struct {
		Call, User   string
		Seat         int
		Audio, Video bool
		Reason       string
	}
	if err := json.Unmarshal(e.Body, &b); err != nil {
		t.Fatalf("%v", err)
	}
	p := w.calls[b.Call]
	if p == nil {
		p = &picture{
			in: map[string]bool{}, seats: map[string]int{}, media: map[string][2]bool{},
			hands: map[string]bool{}, muted: map[string]bool{}, barred: map[string]bool{},
		}
		w.calls[b.Call] = p
		w.ids = append(w.ids, b.Call)
	}
	must := func(ok bool) {
		if !ok {
			t.Fatalf("%s %s can't happen to %+v", e.Type, e.Body, *p)
		}
	}
	switch e.Type {
	case "calls.scheduled":
		must(p.state == "")
		p.state = scheduled
	case "calls.cancelled":
		must(p.state == scheduled)
		p.state = cancelled
	case "calls.started":
		must(p.state == "" || p.state == scheduled)
		p.state = running
	case "calls.joined":
		must(p.state == running && w.in[b.User] && !p.barred[b.User] && (p.seats[b.User] == b.Seat || p.seats[b.User] == 0 && b.Seat == len(p.seats)+1))
		p.in[b.User], p.seats[b.User], p.media[b.User] = true, b.Seat, [2]bool{}
		delete(p.hands, b.User)
		delete(p.muted, b.User)
	case "calls.left":
		must(p.state == running && p.in[b.User])
		delete(p.in, b.User)
		delete(p.media, b.User)
		delete(p.hands, b.User)
		delete(p.muted, b.User)
		if b.Reason == "expelled" {
			p.barred[b.User] = true
		}
	case "calls.hand_raised":
		must(p.in[b.User] && !p.hands[b.User])
		p.hands[b.User] = true
	case "calls.hand_lowered":
		must(p.in[b.User] && p.hands[b.User])
		delete(p.hands, b.User)
	case "calls.muted":
		must(p.in[b.User] && !p.muted[b.User])
		p.muted[b.User] = true
	case "calls.unmuted":
		must(p.in[b.User] && p.muted[b.User])
		delete(p.muted, b.User)
	case "calls.admitted":
		must(p.state == running && p.barred[b.User])
		delete(p.barred, b.User)
	case "calls.media_changed":
		must(p.state == running && p.in[b.User] && p.media[b.User] != [2]bool{b.Audio, b.Video})
		p.media[b.User] = [2]bool{b.Audio, b.Video}
	case "calls.ended":
		must(p.state == running)
		p.state, p.in, p.media = ended, map[string]bool{}, map[string][2]bool{}
		p.hands, p.muted = map[string]bool{}, map[string]bool{}
	case "calls.forgotten":
		must(p.state == ended && !p.forgotten)
		p.forgotten = true
	case "calls.deleted":
		must(p.state == ended || p.state == cancelled)
		p.state, p.seats = "deleted", map[string]int{}
	}
}

// compare holds one call in the store against its picture, and the picture against the sockets.
func (w *world) compare(t *rapid.T, id string, p *picture) {
	err := w.rig.Store.View(func(r store.Reader) error {
		c, ok, err := tableCalls.Get(r, id)
		if err != nil {
			return err
		}
		if ok != (p.state != "deleted") || ok && (c.State != p.state || c.In != len(p.in) || c.Seats != len(p.seats)) {
			t.Fatalf("call %+v, want %+v", c, *p)
		}
		n := 0
		for row, err := range tableSeats.Scan(r, store.Range{Prefix: id + "/"}) {
			if err != nil {
				return err
			}
			u, s := second(row.Key), row.Value
			n++
			if s.Seat != p.seats[u] || s.In != p.in[u] || [2]bool{s.Audio, s.Video} != p.media[u] {
				t.Fatalf("%s sits as %+v, want %+v", u, s, *p)
			}
			if !s.Hand.IsZero() != p.hands[u] || s.Muted != p.muted[u] || s.Barred != p.barred[u] {
				t.Fatalf("%s has %+v, want %+v", u, s, *p)
			}
			if want := [2]bool{w.open["audio/"+row.Key], w.open["video/"+row.Key]}; s.In && p.media[u] != want {
				t.Fatalf("%s is in with %v, want %v", u, p.media[u], want)
			}
			if s.In && (!w.in[u] || w.bar[u]) {
				t.Fatalf("%s sits in the call, but is no member or barred", u)
			}
		}
		if n != len(p.seats) {
			t.Fatalf("%d seats, want %+v", n, *p)
		}
		return nil
	})
	if err != nil {
		t.Fatalf("read: %v", err)
	}
}

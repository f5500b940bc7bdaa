package gateway

import (
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"scaip/internal/event"
)

var seedFlag = flag.Uint64("seed", 0, "run the random tests with this seed only")

func seeds(n uint64) []uint64 {
	if *seedFlag != 0 {
		return []uint64{*seedFlag}
	}
	var list []uint64
	for i := range n {
		list = append(list, i+1)
	}
	return list
}

// told is what a client has seen: messages as "group number", changes of his own membership as "+group" and "-group".
type told []string

// follow reads until the message "end", losing the connection now and then, and resumes. last is the number of the latest message.
func follow(w *world, user string, rnd *rand.Rand, last *atomic.Int64) (told, error) {
	var seen told
	cursor := cursorAt(-1)
	first := true
	for {
		c, err := w.dial(user, cursor)
		if err != nil {
			if ref, ok := event.AsRefusal(err); ok && ref.Code == event.Unavailable {
				continue
			}
			return seen, err
		}
		if !c.hello.Resumed {
			return seen, fmt.Errorf("%s is not resumed at %s", user, cursor)
		}
		if !first && c.hello.Cursor != cursor {
			return seen, fmt.Errorf("hello says %s, want %s", c.hello.Cursor, cursor)
		}
		first = false
		for left := rnd.IntN(60); left > 0; {
			m, err := c.read()
			if err != nil {
				break // the gateway closed
			}
			if m.Event == nil {
				continue
			}
			left--
			cursor = m.Cursor
			switch m.Event.Type {
			case "messaging.posted":
				b, _ := event.As[event.MessagingPosted](*m.Event)
				seen = append(seen, fmt.Sprintf("%s %d", b.Group, b.Number))
				last.Store(int64(b.Number))
				if b.Text == "end" {
					c.conn.CloseNow()
					return seen, nil
				}
			case "groups.member_added":
				if b, _ := event.As[event.GroupsMemberAdded](*m.Event); b.User == user {
					seen = append(seen, "+"+b.Group)
				}
			case "groups.member_removed":
				if b, _ := event.As[event.GroupsMemberRemoved](*m.Event); b.User == user {
					seen = append(seen, "-"+b.Group)
				}
			}
		}
		c.conn.CloseNow()
	}
}

// history is what the test has appended, in order.
type history []string

// check holds what user has been told against what happened. Everything of a stretch in which he stays in a group must have been told; of a
// stretch that ended, what he had not heard when he was removed is no longer his. Nothing else, nothing twice, all in order.
func (h history) check(t *testing.T, user string, seen told) {
	t.Helper()
	in := map[string]int{} // group → index of the beginning of the stretch
	var must, may []string
	for i, what := range h {
		var kind, group string
		var n int
		fmt.Sscan(what, &kind, &group, &n)
		switch kind {
		case "+" + user:
			in[group] = i
			may = append(may, "+"+group)
		case "-" + user:
			delete(in, group)
			may = append(may, "-"+group)
		case "post":
			if _, ok := in[group]; ok {
				may = append(may, fmt.Sprintf("%s %d", group, n))
			}
		}
	}
	for i, what := range h {
		var kind, group string
		var n int
		fmt.Sscan(what, &kind, &group, &n)
		if begin, ok := in[group]; ok && kind == "post" && i >= begin {
			must = append(must, fmt.Sprintf("%s %d", group, n))
		}
	}
	i := 0
	for _, s := range seen { // seen is a subsequence of may
		for i < len(may) && may[i] != s {
			i++
		}
		if i == len(may) {
			t.Errorf("%s was told %q: out of order, twice, or not his", user, s)
			return
		}
		i++
	}
	for _, m := range must {
		if !slices.Contains(seen, m) {
			t.Errorf("%s was not told %q", user, m)
			return
		}
	}
}

// play lets events happen: posts to three groups, memberships that change, records that come twice.
type play struct {
	w       *world
	rnd     *rand.Rand
	users   []string
	last    []atomic.Int64 // by user: see follow
	members map[string]bool
	h       history
}

func (p *play) add(group, user string) {
	p.w.emit(event.GroupsMemberAdded{Group: group, User: user})
	p.h = append(p.h, "+"+user+" "+group)
}

// toggle makes somebody a member of a group, or no member.
func (p *play) toggle(group, user string) {
	key := group + user
	if p.members[key] = !p.members[key]; p.members[key] {
		p.add(group, user)
		return
	}
	p.w.emit(event.GroupsMemberRemoved{Group: group, User: user})
	p.h = append(p.h, "-"+user+" "+group)
}

func (p *play) run(posts int) {
	toAll := 0 // the latest message to all
	for n := 1; n <= posts; n++ {
		if p.rnd.IntN(8) == 0 { // let one catch up, so that what comes next finds him connected, or not
			one := &p.last[p.rnd.IntN(len(p.users))]
			p.w.until("a client has caught up", func() bool { return one.Load() >= int64(toAll) })
		}
		g := []string{"g", "h", "all"}[p.rnd.IntN(3)]
		if g == "all" {
			toAll = n
		} else if p.rnd.IntN(25) == 0 {
			p.toggle(g, p.users[p.rnd.IntN(len(p.users))])
		}
		r := p.w.out(event.Envelope{}, event.MessagingPosted{Group: g, Number: uint64(n)})
		p.h = append(p.h, fmt.Sprintf("post %s %d", g, n))
		for range 1 + max(0, p.rnd.IntN(12)-10) {
			p.w.append("gateway.in", r)
		}
	}
	p.w.emit(event.MessagingPosted{Group: "all", Number: uint64(posts) + 1, Text: "end"})
	p.h = append(p.h, fmt.Sprintf("post all %d", posts+1))
}

// TestResumeIsExact lets clients come and go at random while events flow, memberships change and repeats arrive.
func TestResumeIsExact(t *testing.T) {
	for _, seed := range seeds(6) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			users := []string{"ada", "bob", "cleo", "dan"}
			p := &play{
				w: newWorld(t), rnd: rand.New(rand.NewPCG(seed, 1)), users: users, last: make([]atomic.Int64, len(users)), members: map[string]bool{},
			}
			for _, u := range users {
				p.w.login(u, u)
			}
			for _, u := range users {
				p.add("all", u)
			}
			p.w.start()
			results := make([]told, len(users))
			var wg sync.WaitGroup
			for i, u := range users {
				own := rand.New(rand.NewPCG(seed, uint64(i)+10))
				wg.Go(func() {
					var err error
					if results[i], err = follow(p.w, u, own, &p.last[i]); err != nil {
						t.Errorf("%s: %v", u, err)
					}
				})
			}
			p.run(1200)
			wg.Wait()
			for i, u := range users {
				p.h.check(t, u, results[i])
			}
			if t.Failed() {
				t.Logf("run it again with -seed %d", seed)
			}
		})
	}
}

func TestWindowIsBoundedAndKnowsWhatItLost(t *testing.T) {
	w := newWindow()
	for i := range int64(maxWindow + 100) {
		w.add(entry{offset: 2 * i, origin: []string{"users.out", "groups.out"}[i%2], seq: uint64(i/2) + 1, msg: []byte("x")})
		w.last = 2 * i
	}
	if w.len() != maxWindow || w.bytes != maxWindow || w.lost != 2*99 {
		t.Fatalf("%d entries, %d bytes, lost %d", w.len(), w.bytes, w.lost)
	}
	q := func(users, groups int) string {
		raw, _ := json.Marshal(map[string]int{"users.out": users, "groups.out": groups})
		return "q:" + base64.RawURLEncoding.EncodeToString(raw)
	}
	for cursor, want := range map[string]int{
		"g:198": maxWindow, "g:199": maxWindow, "g:200": maxWindow - 1, fmt.Sprintf("g:%d", w.last): 0,
		"g:197": -1, fmt.Sprintf("g:%d", w.last+1): -1,
		q(50, 50): maxWindow, q(49, 50): -1, q(50, 49): -1, q(900, 900): maxWindow,
	} {
		pos, ok := w.seek(cursor)
		got := -1
		if ok {
			got = len(w.after(pos.at))
		}
		if got != want {
			t.Errorf("%s: %d entries follow, want %d", cursor, got, want)
		}
	}
	big := newWindow()
	for i := range int64(100) {
		big.add(entry{offset: i, msg: make([]byte, 1<<20)})
	}
	if big.bytes > maxWindowBytes || big.len() != maxWindowBytes>>20 {
		t.Errorf("%d entries of %d bytes", big.len(), big.bytes)
	}
}

package gateway

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"scaip/internal/event"
)

func TestSlowClientIsClosedAndTheOthersAreNot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.login("ada", "a1")
	w.login("bob", "b1")
	w.join("g", "ada", "bob")
	w.start()
	slow, bob := w.connect("a1", ""), w.connect("b1", "")
	text := strings.Repeat("x", 4000)
	sent := 0
	for w.gw.Stats().Slow == 0 { // the slow one reads nothing
		for range 100 {
			sent++
			w.emit(event.MessagingPosted{Group: "g", Number: uint64(sent), Text: text})
			if b, err := event.As[event.MessagingPosted](bob.nextEvent()); err != nil || b.Number != uint64(sent) {
				t.Fatalf("bob got %d, want %d, %v", b.Number, sent, err)
			}
		}
		if sent > 20_000 {
			t.Fatal("80 MB wait for a client that does not read")
		}
	}
	// He comes back from the last that he has read.
	cursor, n := slow.hello.Cursor, uint64(0)
	for {
		m, err := slow.read()
		if err != nil {
			break
		}
		if m.Event != nil {
			b, _ := event.As[event.MessagingPosted](*m.Event)
			cursor, n = m.Cursor, b.Number
		}
	}
	back := w.connect("a1", cursor)
	if !back.hello.Resumed {
		t.Fatalf("%s, message %d of %d, is not resumed", cursor, n, sent)
	}
	for n < uint64(sent) {
		n++
		if b, err := event.As[event.MessagingPosted](back.nextEvent()); err != nil || b.Number != n {
			t.Fatalf("got %d, want %d, %v", b.Number, n, err)
		}
	}
}

func TestCursorOfQuery(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.login("ada", "a1")
	w.join("g", "ada")
	for n := range 5 {
		w.post("g", n+1)
	}
	w.start()
	q := func(seqs map[string]uint64) string {
		raw, _ := json.Marshal(seqs)
		return "q:" + base64.RawURLEncoding.EncodeToString(raw)
	}
	c := w.connect("a1", q(map[string]uint64{"groups.out": 1, "messaging.out": 3}))
	if !c.hello.Resumed {
		t.Fatal("not resumed")
	}
	for _, want := range []uint64{4, 5} {
		if b, _ := event.As[event.MessagingPosted](c.nextEvent()); b.Number != want {
			t.Errorf("got %d, want %d", b.Number, want)
		}
	}
	// query may be ahead of gateway.in
	ahead := w.connect("a1", q(map[string]uint64{"groups.out": 1, "messaging.out": 7}))
	for n := 6; n <= 8; n++ {
		w.post("g", n)
	}
	if b, _ := event.As[event.MessagingPosted](ahead.nextEvent()); b.Number != 8 {
		t.Errorf("got %d, want 8: the others are known", b.Number)
	}
	for _, bad := range []string{"q:", "q:!", "q:bnVsbA", "g:", "g:-2", "g:x", "g:999", "x:1", "7"} {
		if w.connect("a1", bad).hello.Resumed {
			t.Errorf("%s is resumed", bad)
		}
	}
}

func TestResumeAfterRestart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.login("ada", "a1")
	w.join("g", "ada")
	w.start()
	c := w.connect("a1", "")
	off := w.post("g", 1)
	if m := c.next(); m.Cursor != cursorAt(off) {
		t.Fatalf("cursor %s, want %d", m.Cursor, off)
	}
	w.stop()
	w.post("g", 2)
	late := w.out(event.Envelope{}, event.MessagingPosted{Group: "g", Number: 3}) // the rebuild sees it before dispatch has delivered it
	w.start()
	c = w.connect("a1", cursorAt(off))
	if !c.hello.Resumed {
		t.Fatal("not resumed")
	}
	w.append("gateway.in", late)
	w.append("gateway.in", late) // dispatch repeats itself after a crash
	w.post("g", 4)
	for want := uint64(2); want <= 4; want++ {
		if b, _ := event.As[event.MessagingPosted](c.nextEvent()); b.Number != want {
			t.Fatalf("got %d, want %d", b.Number, want)
		}
	}
	c.sync()

	w.stop()
	if err := w.log.Trim(t.Context(), "gateway.in", off+2); err != nil {
		t.Fatal(err)
	}
	w.start()
	if w.connect("a1", cursorAt(off)).hello.Resumed {
		t.Error("resumed after what is no longer there")
	}
	if !w.connect("a1", cursorAt(off+1)).hello.Resumed {
		t.Error("not resumed, though all that follows is there")
	}
	for seq, want := range map[uint64]bool{1: false, 2: true, 3: true} { // 2 is what was trimmed
		raw, _ := json.Marshal(map[string]uint64{"messaging.out": seq, "groups.out": 1})
		if got := w.connect("a1", "q:"+base64.RawURLEncoding.EncodeToString(raw)).hello.Resumed; got != want {
			t.Errorf("messaging.out %d: resumed %v, want %v", seq, got, want)
		}
	}
}

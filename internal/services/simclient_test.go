package services_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"scaip/internal/event"
	"scaip/internal/log"
	"scaip/internal/services"
	"scaip/internal/store"
)

// gateway is the edge of one life: it takes commands and hears of events.
type gateway struct {
	w      *world
	boot   string
	log    log.Log
	life   *life
	one    chan struct{}     // holds one: who sends. (A mutex, held while time passes, would stop the clock of synctest.)
	seq    uint64            // sent last
	latest map[string]uint64 // Seq heard last, by Origin
}

func (g *gateway) Name() string { return "gateway" }

func (g *gateway) Decide(store.Reader, event.Envelope) ([]event.Body, error) { return nil, nil }

func (g *gateway) Apply(tx store.Tx, e event.Envelope) error {
	_, err := increment(tx, store.Table[int](event.Service(e.Type)+"/heard"), e.Type)
	return err
}

// Applied gives answers to the clients.
func (g *gateway) Applied(batch []services.Delivered) {
	for _, d := range batch {
		if d.Record.Seq <= g.latest[d.Record.Origin] {
			g.w.fail("gateway hears %s %d after %d", d.Record.Origin, d.Record.Seq, g.latest[d.Record.Origin])
		}
		g.latest[d.Record.Origin] = d.Record.Seq
		g.w.heard(d.Event)
	}
}

// send appends a command, as often as it takes. One at a time: the numbers of a run are dense and in order.
func (g *gateway) send(e event.Envelope) {
	raw, err := json.Marshal(e)
	if err != nil {
		g.w.fail("encode command: %v", err)
	}
	g.one <- struct{}{}
	defer func() { <-g.one }()
	g.seq++
	for !g.life.dead.Load() {
		rec := log.Record{Origin: "gateway/" + g.boot, Seq: g.seq, Value: raw}
		if _, err := g.log.Append(context.Background(), "door.in", rec); err == nil {
			return
		}
	}
}

// A client does one thing after another, and sends each command again, under the same ID, until it is answered.
type client struct {
	w    *world
	name string
	in   []string // rooms of which it has seen that it is a member
	n    int
}

func (c *client) run(commands int) {
	for range commands {
		switch room := c.w.anyRoom(c.name); {
		case c.w.dice.one(c.name, 8):
			c.enter()
		case c.w.dice.one(c.name, 12):
			c.must("rooms.ban", body{Room: room}, "door.refused")
		case c.w.dice.one(c.name, 12):
			c.w.expect("spoilt", c.must("rooms.spoil", body{}, "rooms.refused"))
		case room == "" || len(c.in) == 0 && c.w.dice.one(c.name, 2):
			c.open()
		case len(c.in) == 0 || c.w.dice.one(c.name, 5):
			c.must("rooms.join", body{Room: room}, "rooms.joined", "rooms.unchanged")
			c.joined(room)
		default:
			room := c.in[c.w.dice.below(c.name, len(c.in))]
			c.w.expect("written", c.must("notes.write", body{Room: room, Text: "text"}, "notes.written", "notes.unchanged"))
		}
	}
}

func (c *client) open() {
	room := c.id()
	c.must("rooms.open", body{Room: room}, "rooms.opened", "rooms.joined", "rooms.unchanged")
	c.joined(room)
	c.w.addRoom(room)
}

// joined notes that the client has seen itself in a room: from then on it may write there. To be sure it waits for the event: an answer
// "unchanged", or "opened", may come before it.
func (c *client) joined(room string) {
	for {
		c.w.mu.Lock()
		in, changed := c.w.over || c.w.members[room+"/"+c.name], c.w.changed
		c.w.mu.Unlock()
		if in {
			break
		}
		<-changed
	}
	c.in = append(c.in, room)
}

func (c *client) id() string {
	c.n++
	return fmt.Sprintf("%s-%d", c.name, c.n)
}

// must sends a command until it is answered, with one of the types given, and returns its ID.
func (c *client) must(typ string, b body, answers ...string) string {
	b.typ = typ
	id := c.id()
	for {
		c.w.mu.Lock()
		g := c.w.gate
		c.w.mu.Unlock()
		if g != nil {
			e, err := event.NewCommand(id, time.Now(), c.name, "session-"+c.name, b)
			if err != nil {
				c.w.fail("make command: %v", err)
			}
			g.send(e)
		}
		got, ok := c.w.await(id, c.w.dice.millis(c.name, 100, 500))
		if !ok {
			continue
		}
		for _, a := range answers {
			if a == got.Type {
				return id
			}
		}
		c.w.fail("%s %s of %s: answered by %s %s", typ, id, c.name, got.Type, got.Body)
		return id
	}
}

// enter is a command that the service itself is asked to decide, with a secret in the same transaction.
func (c *client) enter() {
	id := c.id()
	for {
		c.w.mu.Lock()
		d := c.w.door
		c.w.mu.Unlock()
		e, err := event.NewCommand(id, time.Now(), c.name, "", body{typ: "door.enter"})
		if err != nil {
			c.w.fail("make command: %v", err)
		}
		err = errors.New("no door")
		if d != nil {
			_, err = d.Do(context.Background(), e, func(tx store.Tx) error { return secrets.Put(tx, id, c.name) })
		}
		if err == nil {
			c.w.expect("entered", id)
			return
		}
		c.w.await("nothing", c.w.dice.millis(c.name, 20, 100))
	}
}

package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"scaip/internal/event"
	"scaip/internal/log"
	"scaip/internal/services"
)

var errEnded = errors.New("the reader of gateway.in ended")

// tail reads gateway.in and gives everyone what concerns him, until ctx ends or the topic can't be read. It begins with what the topic still
// holds; connections that come meanwhile wait.
func (g *Gateway) tail(ctx context.Context) error {
	inbox := services.Inbox("gateway")
	bounds, err := g.o.Log.Bounds(ctx, inbox)
	if err != nil {
		return fmt.Errorf("find bounds of %s: %w", inbox, err)
	}
	last, some, err := g.o.Log.Last(ctx, inbox)
	if err != nil {
		return fmt.Errorf("find end of %s: %w", inbox, err)
	}
	select {
	case <-g.runner.Ready():
	case <-ctx.Done():
		return ctx.Err()
	}
	// The replicas know at least everything that is not in gateway.in at bounds.First or later; so from here nothing is missed.
	start := max(bounds.First, bounds.Next-startWindow)
	if err := g.begin(ctx, start); err != nil {
		return err
	}
	if !some {
		g.letIn()
	}
	seen := map[string]uint64{}
	for batch, err := range g.o.Log.Read(ctx, inbox, start) {
		if err != nil {
			return fmt.Errorf("read %s: %w", inbox, err)
		}
		g.deliver(batch, seen)
		if some && batch[len(batch)-1].Offset >= last.Offset {
			some = false
			g.letIn()
		}
	}
	return errEnded
}

// begin makes directory and window those of gateway.in just before start.
func (g *Gateway) begin(ctx context.Context, start int64) error {
	who, err := loadDirectory(g.o.Store)
	if err != nil {
		return err
	}
	past := newWindow()
	past.last, past.lost = start-1, start-1
	if start > 0 { // what came before can't be told apart by Seq, so all that is now in an outbox may have been before
		for _, o := range queryOrigins {
			r, ok, err := g.o.Log.Last(ctx, log.Topic(o))
			if err != nil {
				return fmt.Errorf("find end of %s: %w", o, err)
			}
			if ok {
				past.gone[o] = r.Seq
			}
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.who, g.past = who, past
	g.opened.pass()
	return nil
}

func (g *Gateway) letIn() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open = true
	g.filled.pass()
}

// deliver brings records into directory and window and to the connections. seen holds the highest Seq by origin: what is not above it is a repeat.
func (g *Gateway) deliver(batch []log.Record, seen map[string]uint64) {
	type parsed struct {
		entry entry
		event event.Envelope
		about about
		first bool // of its origin
	}
	list := make([]parsed, 0, len(batch))
	for _, r := range batch { // all encoding is done before the lock
		before := seen[r.Origin]
		if r.Origin != "" && r.Seq <= before {
			continue
		}
		seen[r.Origin] = r.Seq
		p := parsed{first: before == 0}
		var err error
		if p.entry, p.event, p.about, err = parse(r); err != nil {
			g.o.Logger.Warn("gateway leaves a record out", "offset", r.Offset, "err", err)
			continue
		}
		list = append(list, p)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, p := range list {
		if gone := g.past.gone[p.entry.origin]; p.first && gone >= p.entry.seq {
			g.past.gone[p.entry.origin] = p.entry.seq - 1 // the Seqs of an origin come in order
		}
		g.note(p.event, p.about, p.entry.offset)
		if p.entry.scope != noScope {
			g.past.add(p.entry)
			g.route(&p.entry)
			if p.event.Type == "groups.member_added" {
				g.introduce(p.entry.group, p.entry.user)
			}
		}
		g.answer(p.event)
	}
	g.past.last = max(g.past.last, batch[len(batch)-1].Offset)
}

// about is what the bodies of events say of whom they concern.
type about struct {
	Group   string `json:"group"`
	User    string `json:"user"`
	Owner   string `json:"owner"`
	Session string `json:"session"`
	Reason  string `json:"reason"`
}

// parse decodes a record of gateway.in and encodes it for clients.
func parse(r log.Record) (en entry, e event.Envelope, a about, err error) {
	if err = json.Unmarshal(r.Value, &e); err != nil {
		return en, e, a, fmt.Errorf("decode envelope: %w", err)
	}
	en = entry{offset: r.Offset, origin: r.Origin, seq: r.Seq, actor: e.Actor, session: e.Session}
	if event.IsAnswer(e.Type) {
		en.scope = sessionScope
	} else {
		if err = json.Unmarshal(e.Body, &a); err != nil {
			return en, e, a, fmt.Errorf("decode %s: %w", e.Type, err)
		}
		switch event.Service(e.Type) {
		case "users":
			en.scope, en.user = userScope, a.User
		case "groups", "messaging", "calls":
			en.scope, en.group = groupScope, a.Group
		}
		switch e.Type {
		case "groups.created": // the owner's own member_added is still to come
			en.user = a.Owner
		case "messaging.posted", "calls.started", "calls.scheduled": // so may be that of who did it: the service has heard of it before the gateway
			en.user = e.Actor
		case "groups.member_added", "groups.member_removed":
			en.user = a.User
		}
	}
	if en.scope != noScope {
		en.msg = encode(eventMessage{Cursor: cursorAt(r.Offset), Event: forClient(e)})
	}
	return en, e, a, nil
}

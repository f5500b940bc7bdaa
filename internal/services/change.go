package services

import (
	"encoding/json"
	"errors"
	"fmt"

	"scaip/internal/event"
	"scaip/internal/log"
	"scaip/internal/store"
)

// origins holds the highest Seq that has taken effect of each Origin, the service's own included. At or below it is a repeat.
const origins store.Table[uint64] = "sys/origin"

// A change is one transaction of a runner on a store: a run of records, or one command, and what it leads to. Everything it knows it has
// read in that transaction: so it does not matter whether an earlier attempt whose commit failed took effect after all.
type change struct {
	r       *Runner
	tx      store.Tx
	topic   log.Topic         // that the records come from
	marks   map[string]uint64 // of the origins touched
	made    []event.Envelope  // own events
	applied int               // records that were no repeats
}

// A verdict says how a record is handled: plain at first; degraded, after a machine's error undid its transaction; and skipped, after
// another. The first error is the reason with which the record is parked.
type verdict struct {
	level  int
	reason string
}

const (
	plain    = iota
	degraded // a command is answered with a refusal; an event is applied but not decided
	skipped
)

// A recordError is a machine's failure at record i. It undoes the transaction, which is then run again with that record parked.
type recordError struct {
	i   int
	err error
}

func (e *recordError) Error() string { return fmt.Sprintf("process record %d: %v", e.i, e.err) }
func (e *recordError) Unwrap() error { return e.err }

// An input is a record and what could be decoded of it.
type input struct {
	record log.Record
	event  event.Envelope
	err    error // of decoding
}

func decodeAll(records []log.Record) []input {
	ins := make([]input, len(records))
	for i, rec := range records {
		ins[i].record = rec
		if err := json.Unmarshal(rec.Value, &ins[i].event); err != nil {
			ins[i].err = fmt.Errorf("decode envelope: %w", err)
		} else if e := ins[i].event; e.ID == "" || event.Service(e.Type) == e.Type {
			ins[i].err = errors.New("decode envelope: it has no ID or no type")
		}
	}
	return ins
}

// mark returns the highest Seq of origin that has taken effect.
func (c *change) mark(origin string) (uint64, error) {
	if m, ok := c.marks[origin]; ok {
		return m, nil
	}
	m, _, err := origins.Get(c.tx, origin)
	if err == nil {
		c.marks[origin] = m
	}
	return m, err
}

// repeat reports whether the record has taken effect before; if not, it now counts as if it had.
func (c *change) repeat(rec log.Record) (bool, error) {
	if rec.Origin == "" || rec.Seq == 0 {
		return false, nil // without a number it can't be known again
	}
	m, err := c.mark(rec.Origin)
	if err != nil || rec.Seq <= m {
		return true, err
	}
	c.marks[rec.Origin] = rec.Seq
	return false, nil
}

// saveMarks writes what repeat and next have counted.
func (c *change) saveMarks() error {
	for origin, m := range c.marks {
		if err := origins.Put(c.tx, origin, m); err != nil {
			return err
		}
	}
	return nil
}

// next numbers a new record of origin.
func (c *change) next(origin string) (uint64, error) {
	m, err := c.mark(origin)
	c.marks[origin] = m + 1
	return m + 1, err
}

// record processes one record of the inbox.
func (c *change) record(in input, v verdict, redo redo) error {
	for _, o := range c.r.outboxes() {
		if in.record.Origin == o.origin { // it must not move the outbox's own counter
			return c.park(in, "it comes from this service's own outbox")
		}
	}
	again, err := c.repeat(in.record)
	if err != nil {
		return err
	}
	if again {
		return c.redecide(in, v)
	}
	c.applied++
	if in.err != nil {
		return c.park(in, in.err.Error())
	}
	if v.level > plain {
		if err := c.park(in, v.reason); err != nil || v.level == skipped {
			return err
		}
	}
	e, own := in.event, c.r.name
	owner := event.Service(e.Type)
	switch {
	case ofOutbox(in.record.Origin, owner) && owner == own:
		return errors.New("an event of this service's own in its inbox") // of an earlier run, if it is volatile
	case ofOutbox(in.record.Origin, owner):
		return c.event(e, v)
	case redo.forgotten(in.record, e):
		return nil // it was answered so long ago that nobody remembers
	case owner == own:
		return c.command(e, v)
	case c.r.forward != nil:
		return c.pass(in, v)
	}
	return errors.New("a command of another service")
}

// ofOutbox reports whether origin is the outbox of service, of any run of it: then what comes from there are facts.
func ofOutbox(origin, service string) bool {
	out := string(Outbox(service))
	return origin == out || len(origin) > len(out) && origin[:len(out)+1] == out+"/"
}

// event applies another service's event and decides what follows.
func (c *change) event(e event.Envelope, v verdict) error {
	if !c.r.o.Feeds[Outbox(event.Service(e.Type))][e.Type] {
		return fmt.Errorf("%s is not delivered to this service by the routing table", e.Type)
	}
	if err := c.apply(e); err != nil || v.level > plain {
		return err
	}
	bodies, err := c.decide(e)
	if err != nil {
		return fmt.Errorf("decide %s: %w", e.Type, err)
	}
	return c.emit(e, bodies)
}

// command decides a command of this service, once, and answers it.
func (c *change) command(e event.Envelope, v verdict) error {
	row, known, err := seen.Get(c.tx, seenKey(e.Actor, e.ID))
	if err != nil {
		return err
	}
	var bodies []event.Body
	switch {
	case known && row.Refused != nil:
		bodies = c.refused(*row.Refused)
	case known:
	case v.level > plain:
		bodies = c.refused(event.Refusal{Code: event.Unavailable, Text: "This could not be done: something is wrong on the server."})
	default:
		if bodies, err = c.decide(e); err != nil {
			refusal, ok := event.AsRefusal(err)
			if !ok {
				return fmt.Errorf("decide %s: %w", e.Type, err)
			}
			bodies = c.refused(refusal)
		}
	}
	if len(bodies) == 0 {
		bodies = []event.Body{event.Unchanged{Service: c.r.name}}
	}
	return c.emit(e, bodies)
}

// pass lets a Forwarder judge another service's command, and passes it on or answers it.
func (c *change) pass(in input, v verdict) error {
	err := error(event.Refusal{Code: event.Unavailable, Text: "This could not be done: something is wrong on the server."})
	if v.level == plain {
		ro := &readOnly{Reader: c.tx}
		err = protect(func() error { return c.r.forward.Pass(ro, in.event) })
		if ro.err != nil {
			err = ro.err
		}
	}
	if err == nil {
		return c.post(c.r.passed, in.record)
	}
	refusal, ok := event.AsRefusal(err)
	if !ok {
		return fmt.Errorf("pass %s: %w", in.event.Type, err)
	}
	return c.emit(in.event, c.refused(refusal))
}

func (c *change) refused(r event.Refusal) []event.Body {
	return []event.Body{event.Refused{Service: c.r.name, Refusal: r}}
}

func (c *change) decide(e event.Envelope) (bodies []event.Body, err error) {
	ro := &readOnly{Reader: c.tx}
	err = protect(func() (err error) {
		bodies, err = c.r.o.Machine.Decide(ro, e)
		return err
	})
	if ro.err != nil {
		err = ro.err
	}
	return bodies, err
}

// apply brings e into the tables of the service it comes from.
func (c *change) apply(e event.Envelope) error {
	if !c.r.keeps(e.Type) {
		return nil
	}
	g := &guard{tx: c.tx, prefix: event.Service(e.Type) + "/"}
	err := protect(func() error { return c.r.o.Machine.Apply(g, e) })
	if g.err != nil {
		err = g.err
	}
	if err != nil {
		return fmt.Errorf("apply %s: %w", e.Type, err)
	}
	return nil
}

// emit makes own events of bodies: numbers them, applies them, and puts them into the outbox.
func (c *change) emit(cause event.Envelope, bodies []event.Body) error {
	for n, body := range bodies {
		e, err := event.Wrap(cause, n, body)
		if err != nil {
			return err
		}
		if event.Service(e.Type) != c.r.name {
			return fmt.Errorf("make %s: it is another service's", e.Type)
		}
		raw, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("encode %s: %w", e.Type, err)
		}
		seq, err := c.next(c.r.events.origin)
		if err != nil {
			return err
		}
		if err := c.own(e, seq); err != nil {
			return err
		}
		if err := c.r.events.put(c.tx, seq, raw); err != nil {
			return err
		}
		c.made = append(c.made, e)
	}
	return nil
}

// own applies an own event: live when it is made, and again in every rebuild.
func (c *change) own(e event.Envelope, seq uint64) error {
	if err := c.apply(e); err != nil {
		return err
	}
	return noteSeen(c.tx, e, seq)
}

// post puts a record, as it is, into an outbox.
func (c *change) post(to *outbox, rec log.Record) error {
	seq, err := c.next(to.origin)
	if err != nil {
		return err
	}
	return to.put(c.tx, seq, rec.Value)
}

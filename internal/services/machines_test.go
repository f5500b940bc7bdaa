package services_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"scaip/internal/event"
	"scaip/internal/log"
	"scaip/internal/services"
	"scaip/internal/store"
)

// Three small services that lean on each other as the real ones do: door lets commands pass (as auth), rooms keeps who is in which room,
// notes keeps what members write there and greets those who come, and rooms hears of every fifth note.

// A body is any body: its type is in it and is not encoded.
type body struct {
	typ    string
	Room   string `json:"room,omitempty"`
	User   string `json:"user,omitempty"`
	Text   string `json:"text,omitempty"`
	Number int    `json:"number,omitempty"`
}

func (b body) EventType() string { return b.typ }

func bodyOf(e event.Envelope) (body, error) {
	b := body{typ: e.Type}
	err := json.Unmarshal(e.Body, &b)
	return b, err
}

var delivery = []services.Delivery{
	to("rooms.open", "rooms"), to("rooms.join", "rooms"), to("rooms.spoil", "rooms"), to("notes.write", "notes"),
	to("door.entered", "rooms", "gateway"), to("door.refused", "gateway"),
	to("rooms.opened", "gateway"), to("rooms.joined", "notes", "door", "gateway"), to("rooms.praised", "notes", "gateway"),
	to("rooms.refused", "gateway"), to("rooms.unchanged", "gateway"),
	to("notes.written", "rooms", "gateway"), to("notes.greeted", "gateway"), to("notes.refused", "gateway"), to("notes.unchanged", "gateway"),
}

func to(typ string, names ...string) services.Delivery {
	d := services.Delivery{Type: typ}
	for _, n := range names {
		d.Targets = append(d.Targets, services.Inbox(n))
	}
	return d
}

const (
	memberRows  store.Table[int]    = "rooms/members" // room/user → the how manieth
	sizes       store.Table[int]    = "rooms/sizes"
	enteredRows store.Table[int]    = "door/entered"
	noteRows    store.Table[body]   = "notes/notes" // the event's cause
	counts      store.Table[int]    = "notes/counts"
	greetings   store.Table[int]    = "notes/greetings" // room/user → how often
	praises     store.Table[int]    = "rooms/praises"
	secrets     store.Table[string] = "secret/keys"
)

// increment adds one to a row and returns the sum.
func increment(tx store.Tx, t store.Table[int], key string) (int, error) {
	n, _, err := t.Get(tx, key)
	if err == nil {
		err = t.Put(tx, key, n+1)
	}
	return n + 1, err
}

func checkMember(r store.Reader, room, user string) error {
	ok, err := memberRows.Has(r, room+"/"+user)
	if err == nil && !ok {
		err = event.Refuse(event.Denied, "not a member")
	}
	return err
}

type rooms struct{}

func (rooms) Name() string { return "rooms" }

func (rooms) Decide(r store.Reader, e event.Envelope) ([]event.Body, error) {
	b, err := bodyOf(e)
	if err != nil {
		return nil, err
	}
	switch e.Type {
	case "rooms.open":
		if n, _, err := sizes.Get(r, b.Room); err != nil || n > 0 {
			return nil, err
		}
		return []event.Body{
			body{typ: "rooms.opened", Room: b.Room, User: e.Actor},
			body{typ: "rooms.joined", Room: b.Room, User: e.Actor, Number: 1},
		}, nil
	case "rooms.join":
		n, _, err := sizes.Get(r, b.Room)
		if err != nil || n == 0 {
			return nil, orRefusal(err, event.NotFound)
		}
		if in, err := memberRows.Has(r, b.Room+"/"+e.Actor); err != nil || in {
			return nil, err
		}
		return []event.Body{body{typ: "rooms.joined", Room: b.Room, User: e.Actor, Number: n + 1}}, nil
	case "rooms.spoil":
		return nil, errors.New("spoilt")
	case "notes.written":
		if b.Number%5 == 0 {
			return []event.Body{body{typ: "rooms.praised", Room: b.Room, User: b.User}}, nil
		}
	}
	return nil, nil
}

func orRefusal(err error, code event.Code) error {
	if err == nil {
		err = event.Refuse(code, "refused")
	}
	return err
}

func (rooms) Apply(tx store.Tx, e event.Envelope) error {
	b, err := bodyOf(e)
	if err != nil {
		return err
	}
	switch e.Type {
	case "rooms.joined":
		if err := memberRows.Put(tx, b.Room+"/"+b.User, b.Number); err != nil {
			return err
		}
		n, err := increment(tx, sizes, b.Room)
		if err == nil && n != b.Number {
			err = fmt.Errorf("member %d of %s is the %dth", b.Number, b.Room, n)
		}
		return err
	case "rooms.praised":
		_, err = increment(tx, praises, b.User)
	case "door.entered":
		_, err = increment(tx, enteredRows, b.User)
	case "notes.written":
		_, err = increment(tx, counts, b.Room)
	}
	return err
}

type notes struct{}

func (notes) Name() string { return "notes" }

func (notes) Decide(r store.Reader, e event.Envelope) ([]event.Body, error) {
	b, err := bodyOf(e)
	if err != nil {
		return nil, err
	}
	switch e.Type {
	case "notes.write":
		if err := checkMember(r, b.Room, e.Actor); err != nil {
			return nil, err
		}
		n, _, err := counts.Get(r, b.Room)
		return []event.Body{body{typ: "notes.written", Room: b.Room, User: e.Actor, Text: b.Text, Number: n + 1}}, err
	case "rooms.joined":
		return []event.Body{body{typ: "notes.greeted", Room: b.Room, User: b.User}}, nil
	}
	return nil, nil
}

func (notes) Apply(tx store.Tx, e event.Envelope) error {
	b, err := bodyOf(e)
	if err != nil {
		return err
	}
	switch e.Type {
	case "rooms.joined":
		return memberRows.Put(tx, b.Room+"/"+b.User, b.Number)
	case "rooms.praised":
		_, err = increment(tx, praises, b.User)
	case "notes.written":
		if known, err := noteRows.Has(tx, e.Cause); err != nil || known {
			return errors.Join(err, errors.New("a note is written twice"))
		}
		n, err := increment(tx, counts, b.Room)
		if err != nil || n != b.Number {
			return fmt.Errorf("note %d is the %dth: %v", b.Number, n, err)
		}
		return noteRows.Put(tx, e.Cause, b)
	case "notes.greeted":
		_, err = increment(tx, greetings, b.Room+"/"+b.User)
	}
	return err
}

// door is the Forwarder. It lets a member write, and anybody else open and join.
type door struct{}

func (door) Name() string         { return "door" }
func (door) ForwardTo() log.Topic { return services.Inbox("dispatch") }

func (door) Pass(r store.Reader, e event.Envelope) error {
	b, err := bodyOf(e)
	switch {
	case err != nil:
		return err
	case e.Type == "notes.write":
		return checkMember(r, b.Room, e.Actor)
	case slices.Contains([]string{"rooms.open", "rooms.join", "rooms.spoil"}, e.Type):
		return nil
	}
	return event.Refuse(event.Denied, "forbidden")
}

func (door) Decide(r store.Reader, e event.Envelope) ([]event.Body, error) {
	if e.Type != "door.enter" {
		return nil, nil
	}
	if e.Actor == "stranger" {
		return nil, event.Refuse(event.Unauthentic, "stranger")
	}
	return []event.Body{body{typ: "door.entered", User: e.Actor}}, nil
}

func (door) Apply(tx store.Tx, e event.Envelope) error {
	b, err := bodyOf(e)
	if err != nil {
		return err
	}
	switch e.Type {
	case "door.entered":
		_, err = increment(tx, enteredRows, b.User)
	case "rooms.joined":
		err = memberRows.Put(tx, b.Room+"/"+b.User, b.Number)
	}
	return err
}

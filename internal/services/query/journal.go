package query

import (
	"encoding/json"
	"fmt"
	"strconv"

	"scaip/internal/event"
	"scaip/internal/media/replay"
	"scaip/internal/media/seal"
	"scaip/internal/store"
)

// maxJournal bounds the events of a call that are kept; the recording tells no more. Signs, which participants give as often as they like,
// take at most maxSigns of it.
const (
	maxJournal = 4000
	maxSigns   = 2000
)

// keepJournal keeps what happens in a call as long as its recording is kept, and notes what becomes of it.
func keepJournal(tx store.Tx, e event.Envelope) error {
	var b struct {
		Call string `json:"call"`
	}
	if err := json.Unmarshal(e.Body, &b); err != nil {
		return fmt.Errorf("decode %s: %w", e.Type, err)
	}
	switch e.Type {
	case "calls.started", "calls.joined", "calls.left", "calls.media_changed", "calls.keeping_stopped", "calls.ended":
		if err := note(tx, b.Call, e, maxJournal); err != nil {
			return err
		}
		if e.Type == "calls.ended" {
			return putFate(tx, fate{Call: b.Call})
		}
	case "calls.hand_raised", "calls.hand_lowered", "calls.reacted", "calls.muted":
		return note(tx, b.Call, e, maxSigns)
	case "calls.forgotten", "calls.deleted":
		if err := dropJournal(tx, b.Call); err != nil {
			return err
		}
		return putFate(tx, fate{Call: b.Call, Gone: true})
	}
	return nil
}

// note keeps an event, unless limit of the call's are kept already.
func note(tx store.Tx, id string, e event.Envelope, limit int) error {
	c, ok, err := tableCalls.Get(tx, id)
	if err != nil || !ok || c.Events >= limit {
		return err
	}
	c.Events++
	if err := tableCalls.Put(tx, id, c); err != nil {
		return err
	}
	return tableJournal.Put(tx, fmt.Sprintf("%s/%06d", id, c.Events), happening{At: e.At, Type: e.Type, Body: e.Body})
}

func dropJournal(tx store.Tx, id string) error {
	var keys []string
	for kv, err := range tx.Scan(string(tableJournal), store.Range{Prefix: id + "/"}) {
		if err != nil {
			return err
		}
		keys = append(keys, kv.Key)
	}
	for _, key := range keys {
		if err := tableJournal.Delete(tx, key); err != nil {
			return err
		}
	}
	return nil
}

func fateKey(n uint64) string { return fmt.Sprintf("%016x", n) }

func putFate(tx store.Tx, f fate) error {
	n := uint64(0)
	for row, err := range tableFates.Scan(tx, store.Range{Reverse: true}) {
		if err != nil {
			return err
		}
		if n, err = strconv.ParseUint(row.Key, 16, 64); err != nil {
			return err
		}
		break
	}
	return tableFates.Put(tx, fateKey(n+1), f)
}

// Fates are the fates of calls for package seal, from query's store.
func Fates(s store.Store) func(after uint64, limit int) ([]seal.Fate, error) {
	return func(after uint64, limit int) (list []seal.Fate, err error) {
		err = s.View(func(r store.Reader) error {
			for row, err := range tableFates.Scan(r, store.Range{From: fateKey(after + 1)}) {
				if err != nil {
					return err
				}
				n, err := strconv.ParseUint(row.Key, 16, 64)
				if err != nil {
					return err
				}
				if list = append(list, seal.Fate{Number: n, Call: row.Value.Call, Gone: row.Value.Gone}); len(list) == limit {
					break
				}
			}
			return nil
		})
		return list, err
	}
}

// Describe tells package seal of a call, from query's store; false if the call or its recording is gone.
func Describe(s store.Store) func(call string) (seal.Subject, bool, error) {
	return func(id string) (out seal.Subject, ok bool, err error) {
		err = s.View(func(r store.Reader) error {
			c, found, err := callOf(r, id)
			if err != nil || !found || !c.Kept {
				return err
			}
			ok = true
			if out.Title, err = titleOf(r, c); err != nil {
				return err
			}
			if out.Start = c.Start; c.End != nil {
				out.End = *c.End
			}
			out.About, err = aboutOf(r, c)
			return err
		})
		return out, ok, err
	}
}

// titleOf names a call; one without a title goes by its group's name.
func titleOf(r store.Reader, c Call) (string, error) {
	if c.Title != "" {
		return c.Title, nil
	}
	g, _, err := tableGroups.Get(r, c.Group)
	return g.Name, err
}

// aboutOf gathers what the file of a call tells.
func aboutOf(r store.Reader, c Call) (*replay.About, error) {
	a := &replay.About{Group: c.Group}
	for _, p := range c.Participants {
		a.People = append(a.People, replay.Person{User: p.User, Name: p.Name, Seat: p.Seat})
	}
	for row, err := range tableJournal.Scan(r, store.Range{Prefix: c.ID + "/"}) {
		if err != nil {
			return nil, err
		}
		a.Events = append(a.Events, replay.Happening{At: row.Value.At, Type: row.Value.Type, Body: row.Value.Body})
	}
	for row, err := range tableChat.Scan(r, store.Range{Prefix: c.ID + "/"}) {
		if err != nil {
			return nil, err
		}
		u, err := userOf(r, row.Value.Author)
		if err != nil {
			return nil, err
		}
		a.Chat = append(a.Chat, replay.Line{At: row.Value.At, User: u.ID, Name: u.Name, Text: row.Value.Text})
		if len(a.Chat) == maxJournal {
			break
		}
	}
	return a, nil
}

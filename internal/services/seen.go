package services

import (
	"fmt"
	"time"

	"scaip/internal/event"
	"scaip/internal/store"
)

// keep is how long, in time of events, commands are remembered and outbox rows kept.
const keep = 7 * 24 * time.Hour

// The memory of commands: which commands this service has answered, so that a repeat (a client that resends what was never
// answered) has no second effect. It is written when the answering event is applied, live and in a rebuild alike, and is a function of
// the service's own events alone; so both give the same. seenAt is the same by time, for forgetting.
const (
	seen store.Table[seenRow] = "sys/seen"

	seenAt string = "sys/seen_at"
)

// A seenRow is how a command was answered.
type seenRow struct {
	At      int64          `json:"at"`                // of the command, Unix milliseconds
	Refused *event.Refusal `json:"refused,omitempty"` // nil: it took effect, or nothing had to be done
}

func seenKey(actor, id string) string { return actor + "\x00" + id }

func seenAtKey(at int64, key string) string { return fmt.Sprintf("%016x\x00%s", max(at, 0), key) }

// forgetEvery and forgetMost set the pace of forgetting. They may depend on nothing but the own events' numbers: see seen.
const (
	forgetEvery = 64
	forgetMost  = 256
)

// noteSeen remembers that e, the own event numbered seq, has answered its cause; and now and then forgets what is older than keep.
func noteSeen(tx store.Tx, e event.Envelope, seq uint64) error {
	if seq%forgetEvery == 0 {
		if err := forgetSeen(tx, e.At.Add(-keep)); err != nil {
			return err
		}
	}
	if e.Cause == "" {
		return nil
	}
	key := seenKey(e.Actor, e.Cause)
	if known, err := seen.Has(tx, key); err != nil || known {
		return err // the second event of the cause, or the answer to a repeat
	}
	row := seenRow{At: e.At.UnixMilli()}
	if e.Type == (event.Refused{Service: event.Service(e.Type)}).EventType() {
		refused, err := event.As[event.Refused](e)
		if err != nil {
			return err
		}
		row.Refused = &refused.Refusal
	}
	if err := seen.Put(tx, key, row); err != nil {
		return err
	}
	return tx.Put(seenAt, seenAtKey(row.At, key), []byte{1})
}

func forgetSeen(tx store.Tx, before time.Time) error {
	var old []string
	for kv, err := range tx.Scan(seenAt, store.Range{To: fmt.Sprintf("%016x", max(before.UnixMilli(), 0))}) {
		if err != nil {
			return err
		}
		if old = append(old, kv.Key); len(old) == forgetMost {
			break
		}
	}
	for _, k := range old {
		if err := tx.Delete(seenAt, k); err != nil {
			return err
		}
		if err := seen.Delete(tx, k[17:]); err != nil { // after the time and \x00
			return err
		}
	}
	return nil
}

package services

import (
	"context"
	"fmt"

	"scaip/internal/log"
	"scaip/internal/store"
)

// parkedTable holds what could not be processed, by (Origin, Seq), or by offset if a record has no origin.
const parkedTable store.Table[Parked] = "sys/parked"

// parkedCounts has one row, at parkedAll: what parkedTable holds, and what it has no room for. A store of before has none until it parks.
const (
	parkedCounts store.Table[parkedCount] = "sys/parked_count"

	parkedAll = "all"
)

type parkedCount struct {
	Rows  int `json:"rows"`
	Bytes int `json:"bytes"` // of the values kept
	Left  int `json:"left"`  // records that were not kept, because the bounds were reached
}

// Bounds of what is kept. The first records tell what is wrong; what comes beyond is counted, and logged where it happens.
const (
	maxParked      = 256 << 10 // bytes of a record's value
	maxParkedRows  = 1000
	maxParkedBytes = 16 << 20 // of all values
)

func countParked(r store.Reader) (parkedCount, error) {
	n, ok, err := parkedCounts.Get(r, parkedAll)
	if ok || err != nil {
		return n, err
	}
	for row, err := range parkedTable.Scan(r, store.Range{}) {
		if err != nil {
			return n, err
		}
		n.Rows++
		n.Bytes += len(row.Value.Value)
	}
	return n, nil
}

// parked adds what a store has parked to its picture; a store that can't be read has other troubles to show.
func (s *Stats) parked(from store.Store) {
	_ = from.View(func(r store.Reader) error {
		n, err := countParked(r)
		s.Parked, s.Unkept = n.Rows+n.Left, n.Left
		return err
	})
}

func park(tx store.Tx, topic log.Topic, in input, reason string) error {
	rec := in.record
	key := fmt.Sprintf("%s/%016x", rec.Origin, rec.Seq)
	if rec.Origin == "" {
		key = fmt.Sprintf("@%s/%016x", topic, rec.Offset)
	}
	if len(key) > store.MaxKey {
		key = key[:store.MaxKey]
	}
	value := rec.Value[:min(len(rec.Value), maxParked)]
	n, err := countParked(tx)
	if err != nil {
		return err
	}
	old, again, err := parkedTable.Get(tx, key)
	if err != nil {
		return err
	}
	if !again {
		n.Rows++
	}
	n.Bytes += len(value) - len(old.Value)
	if n.Rows > maxParkedRows || n.Bytes > maxParkedBytes {
		return leaveOut(tx)
	}
	if err := parkedCounts.Put(tx, parkedAll, n); err != nil {
		return err
	}
	return parkedTable.Put(tx, key, Parked{
		Topic: topic, Offset: rec.Offset, Origin: rec.Origin, Seq: rec.Seq, Type: in.event.Type,
		Reason: reason, Value: value,
	})
}

// leaveOut counts a record for which there is no room.
func leaveOut(tx store.Tx) error {
	n, err := countParked(tx)
	if err != nil {
		return err
	}
	n.Left++
	return parkedCounts.Put(tx, parkedAll, n)
}

// park puts the record aside.
func (c *change) park(in input, reason string) error {
	return park(c.tx, c.topic, in, reason)
}

func listParked(ctx context.Context, s store.Store) (list []Parked, err error) {
	err = s.View(func(r store.Reader) error {
		for row, err := range parkedTable.Scan(r, store.Range{}) {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return err
			}
			list = append(list, row.Value)
		}
		return nil
	})
	return list, err
}

package services

import (
	"context"
	"fmt"

	"scaip/internal/log"
	"scaip/internal/store"
)

// parkedTable holds what could not be processed, by (Origin, Seq), or by offset if a record has no origin.
const parkedTable store.Table[Parked] = "sys/parked"

// maxParked bounds the part of a record's value that is kept, in bytes.
const maxParked = 256 << 10

func park(tx store.Tx, topic log.Topic, in input, reason string) error {
	rec := in.record
	key := fmt.Sprintf("%s/%016x", rec.Origin, rec.Seq)
	if rec.Origin == "" {
		key = fmt.Sprintf("@%s/%016x", topic, rec.Offset)
	}
	if len(key) > store.MaxKey {
		key = key[:store.MaxKey]
	}
	return parkedTable.Put(tx, key, Parked{
		Topic: topic, Offset: rec.Offset, Origin: rec.Origin, Seq: rec.Seq, Type: in.event.Type,
		Reason: reason, Value: rec.Value[:min(len(rec.Value), maxParked)],
	})
}

// park puts the record aside.
func (c *change) park(in input, reason string) error {
	c.parked++
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

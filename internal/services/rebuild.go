package services

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"scaip/internal/store"
)

// Rebuild builds the service's store anew in into, which must be empty, from the event store. With at zero it takes exactly the events that
// the live store has applied, compares the two, and carries the tables "secret/…" over; "sys/…" is not compared but for the memory of
// commands. The service goes on meanwhile; it stands still for the comparison. With another at, it takes the events that are not later, and compares
// nothing. It waits for Ready; ErrStopped if the runner has stopped.
func (r *Runner) Rebuild(ctx context.Context, into store.Store, at time.Time) (Comparison, error) {
	p := r.newReplay(into, r.within)
	p.at = at
	if at.IsZero() {
		if r.o.Boot != "" { // the live store has not read more either
			p.from = r.begin
		}
		err := r.within(ctx, func(context.Context) error { return r.limit(p) })
		if err != nil {
			return Comparison{}, fmt.Errorf("rebuild %s: %w", r.name, err)
		}
	}
	if err := p.run(ctx); err != nil || !at.IsZero() {
		return Comparison{Events: p.events}, wrapNotNil("rebuild "+r.name, err)
	}
	var found Comparison
	err := r.within(ctx, func(ctx context.Context) (err error) {
		found, err = r.finish(ctx, p)
		return err
	})
	return found, wrapNotNil("rebuild "+r.name, err)
}

func wrapNotNil(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// limit sets p to what the live store has applied until now.
func (r *Runner) limit(p *replay) error {
	p.limits = map[string]uint64{}
	return r.o.Store.View(func(rd store.Reader) error {
		for row, err := range origins.Scan(rd, store.Range{}) {
			if err != nil {
				return err
			}
			p.limits[row.Key] = row.Value
		}
		return nil
	})
}

// finish applies what is missing while the service stands still, and compares. It runs in the machine's goroutine.
func (r *Runner) finish(ctx context.Context, p *replay) (Comparison, error) {
	p.call = func(ctx context.Context, f func(context.Context) error) error { return f(ctx) }
	if err := r.limit(p); err != nil {
		return Comparison{}, err
	}
	if err := p.run(ctx); err != nil {
		return Comparison{}, err
	}
	for {
		recs, err := r.events.rows(p.got[r.events.origin] + 1)
		if err != nil {
			return Comparison{}, err
		}
		if len(recs) == 0 {
			break
		}
		if err := p.apply(ctx, r.events.topic, recs); err != nil {
			return Comparison{}, err
		}
	}
	c := Comparison{Events: p.events}
	err := r.o.Store.View(func(live store.Reader) error {
		if err := carry(live, p.into); err != nil {
			return err
		}
		return p.into.View(func(built store.Reader) error { return c.compare(live, built) })
	})
	return c, err
}

// within runs f in the machine's goroutine and waits for it. f's context ends with ctx and with the runner.
func (r *Runner) within(ctx context.Context, f func(context.Context) error) error {
	answer := make(chan error, 1)
	run := func(life context.Context) {
		both, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(life, cancel)()
		answer <- f(both)
	}
	select {
	case r.requests <- run:
		return <-answer
	case <-ctx.Done():
		return ctx.Err()
	case <-r.done:
		return ErrStopped
	}
}

// carry copies the secrets, which no event holds.
func carry(live store.Reader, into store.Store) error {
	for table, err := range live.Tables() {
		if err != nil {
			return err
		}
		if !strings.HasPrefix(table, "secret/") {
			continue
		}
		err := into.Update(func(tx store.Tx) error {
			for kv, err := range live.Scan(table, store.Range{}) {
				if err == nil {
					err = tx.Put(table, kv.Key, kv.Value)
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// compared reports whether a table must be alike in a rebuilt store.
func compared(table string) bool {
	return table == string(seen) || table == seenAt || !strings.HasPrefix(table, "sys/") && !strings.HasPrefix(table, "secret/")
}

// maxDifferences bounds how many differences are told one by one.
const maxDifferences = 20

func (c *Comparison) compare(live, built store.Reader) error {
	tables := map[string]bool{}
	for _, r := range []store.Reader{live, built} {
		for table, err := range r.Tables() {
			if err != nil {
				return err
			}
			if compared(table) && !tables[table] {
				tables[table] = true
				c.Tables++
				if err := c.table(table, live, built); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// table walks the two tables side by side.
func (c *Comparison) table(table string, live, built store.Reader) error {
	nextLive, stopLive := iter.Pull2(live.Scan(table, store.Range{}))
	defer stopLive()
	nextBuilt, stopBuilt := iter.Pull2(built.Scan(table, store.Range{}))
	defer stopBuilt()
	a, errA, okA := nextLive()
	b, errB, okB := nextBuilt()
	for okA || okB {
		if errA != nil || errB != nil {
			return fmt.Errorf("compare %s: %w", table, firstOf(errA, errB))
		}
		c.Rows++
		moveA, moveB := true, true
		switch {
		case !okB || okA && a.Key < b.Key:
			c.differ(Difference{table, a.Key, "missing"})
			moveB = false
		case !okA || b.Key < a.Key:
			c.differ(Difference{table, b.Key, "extra"})
			moveA = false
		case string(a.Value) != string(b.Value):
			c.differ(Difference{table, a.Key, "different"})
		}
		if moveA {
			a, errA, okA = nextLive()
		}
		if moveB {
			b, errB, okB = nextBuilt()
		}
	}
	return nil
}

func firstOf(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

func (c *Comparison) differ(d Difference) {
	if c.Differ++; len(c.Differences) < maxDifferences {
		c.Differences = append(c.Differences, d)
	}
}

// Dump writes a store's tables as JSON: {"table":{"key":value}}, without "sys/…" and "secret/…". A value that is no JSON is written as a
// base64 string.
func Dump(s store.Store, w io.Writer) error {
	return s.View(func(r store.Reader) error {
		all := map[string]map[string]any{}
		for table, err := range r.Tables() {
			if err != nil {
				return err
			}
			if strings.HasPrefix(table, "sys/") || strings.HasPrefix(table, "secret/") {
				continue
			}
			rows := map[string]any{}
			for kv, err := range r.Scan(table, store.Range{}) {
				if err != nil {
					return err
				}
				if rows[kv.Key] = any(kv.Value); json.Valid(kv.Value) {
					rows[kv.Key] = json.RawMessage(kv.Value)
				}
			}
			all[table] = rows
		}
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(all)
	})
}

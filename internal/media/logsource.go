package media

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"scaip/internal/log"
)

// LogSource is the Source of a running call.
type LogSource struct {
	Log   log.Admin
	Call  string
	Start time.Time // when the call's clock began
}

var _ Source = LogSource{}

// How far before a moment the log is read: frames may be 1 s ahead of the clock when they are logged, key frames come every 2 s, and a config with the
// first of them that comes 2 s after the last, which may be almost two key frames before.
// If the clocks of call and log are apart, what is found there says so, and it is looked further back.
const (
	sourceAhead = time.Second
	sourceRun   = 4500 * time.Millisecond
	sourceMost  = 10 * time.Minute
)

// Frames implements Source.
func (s LogSource) Frames(ctx context.Context, kind string, at int64) iter.Seq2[[]Piece, error] {
	return func(yield func([]Piece, error) bool) {
		if err := s.frames(ctx, Entrance{At: at, Kind: kind}, yield); err != nil {
			yield(nil, fmt.Errorf("read %s of call: %w", kind, err))
		}
	}
}

func (s LogSource) frames(ctx context.Context, e Entrance, yield func([]Piece, error) bool) error {
	topic := Topic(s.Call, e.Kind)
	from, err := s.seek(ctx, topic, e.At)
	if err != nil {
		return err
	}
	end := int64(-1)
	if last, ok, err := s.Log.Last(ctx, topic); err != nil {
		return err
	} else if ok {
		end = last.Offset
	}
	said := end < from
	if said && !yield(nil, nil) {
		return nil
	}
	for batch, err := range s.Log.Read(ctx, topic, from) {
		if err != nil {
			return err
		}
		var out []Piece
		last := false
		for _, r := range batch {
			pieces, _ := Unpack(r.Value) // what is no frame is left out
			for _, p := range pieces {
				out = e.Take(out, p)
			}
			if r.Offset >= end { // what is there has been read: do not wait for more to show it
				out, last = e.Enter(out), true
			}
		}
		if len(out) > 0 && !yield(out, nil) {
			return nil
		}
		if last && !said {
			said = true
			if !yield(nil, nil) {
				return nil
			}
		}
	}
	return nil
}

// seek returns the offset from which all is read that is needed at the moment.
func (s LogSource) seek(ctx context.Context, topic log.Topic, at int64) (int64, error) {
	b, err := s.Log.Bounds(ctx, topic)
	if err != nil {
		return 0, err
	}
	moment := time.Duration(at) * time.Microsecond
	for back := sourceAhead + sourceRun; back < moment && back < sourceMost; back *= 4 {
		from, err := s.Log.Seek(ctx, topic, s.Start.Add(moment-back))
		if err != nil {
			return 0, err
		}
		pts, ok, err := s.first(ctx, topic, log.Bounds{First: from, Next: b.Next})
		if err != nil {
			return 0, err
		}
		if ok && pts <= moment-sourceRun {
			return from, nil
		}
	}
	return b.First, nil
}

// first returns the time of the first frame, without configs, that the topic holds within b; false if there is none close to b.First.
func (s LogSource) first(ctx context.Context, topic log.Topic, b log.Bounds) (time.Duration, bool, error) {
	if b.First >= b.Next {
		return 0, false, nil
	}
	for batch, err := range s.Log.Read(ctx, topic, b.First) {
		if err != nil {
			return 0, false, err
		}
		for _, r := range batch {
			pieces, _ := Unpack(r.Value)
			for _, p := range pieces {
				if !p.Config {
					return time.Duration(p.PTS) * time.Microsecond, true, nil
				}
			}
		}
		return 0, false, nil
	}
	return 0, false, ctx.Err()
}

// End implements Source.
func (s LogSource) End(ctx context.Context) (end int64, err error) {
	for _, kind := range []string{Audio, Video} {
		last, ok, err := s.Log.Last(ctx, Topic(s.Call, kind))
		if errors.Is(err, log.ErrNoTopic) || err == nil && !ok {
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("find end of call: %w", err)
		}
		pieces, _ := Unpack(last.Value)
		for _, p := range pieces {
			end = max(end, p.PTS)
		}
	}
	return end, nil
}

// Close implements Source. The log stays open.
func (LogSource) Close() error { return nil }

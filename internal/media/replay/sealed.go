package replay

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"os"
	"time"

	"scaip/internal/media"
	"scaip/internal/media/matroska"
)

// What stands beside each frame in a file (docs/replay.md): with the block's data, the header makes the frame's bytes as they were on
// the wire; and its config, on the first frame for which it holds and again before key frames every 2 s.
const (
	sideHeader = 100
	sideConfig = 101

	storeAgain = 2 * time.Second
)

func sides() []matroska.Side {
	return []matroska.Side{{ID: sideHeader, Name: "scaip frame header"}, {ID: sideConfig, Name: "scaip config"}}
}

// How far before a moment a file is read: key frames come every 2 s, or a few more; configs with the first key frame that comes 2 s after the last, which
// may be almost two key frames before.
const (
	sealedLead = 6 * time.Second
	sealedBack = 2*storeAgain + time.Second/2
)

// Sealed is a call's file, opened: the Source of a call that is over. Files that a download holds will do as well.
type Sealed struct {
	f    *os.File
	mkv  *matroska.File
	zero time.Duration // the file's beginning on the call's clock
}

var _ media.Source = (*Sealed)(nil)

// OpenSealed opens a file that Export has made.
func OpenSealed(path string) (*Sealed, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open sealed call: %w", err)
	}
	return SealedFrom(f)
}

// SealedFrom is OpenSealed of a file that is open. It closes f, in the end or with its error.
func SealedFrom(f *os.File) (*Sealed, error) {
	s := &Sealed{f: f}
	if err := s.open(); err != nil {
		f.Close()
		return nil, fmt.Errorf("open sealed call: %w", err)
	}
	return s, nil
}

func (s *Sealed) open() error {
	info, err := s.f.Stat()
	if err != nil {
		return err
	}
	if s.mkv, err = matroska.OpenFile(s.f, info.Size()); err != nil {
		return err
	}
	for p, err := range s.mkv.Packets(s.mkv.Start(0, 0, 0)) {
		if err != nil {
			return err
		}
		if in, ok := s.input(p); ok { // the first frame tells the offset: its time is there twice
			pts := time.Duration(in.frame.PTS) * time.Microsecond
			s.zero = max((pts - p.PTS).Truncate(time.Millisecond), 0)
			break
		}
	}
	return nil
}

// input makes the frame of a packet anew; false: it is none (chat), or a foreign file's.
func (s *Sealed) input(p matroska.Packet) (input, bool) {
	kind := s.mkv.Tracks[p.Track].Kind
	if len(p.Sides) == 0 || p.Sides[0].ID != sideHeader || kind == matroska.Text {
		return input{}, false
	}
	head := p.Sides[0].Data
	raw := make([]byte, 0, len(head)+len(p.Data))
	raw = append(append(raw, head...), p.Data...)
	f, rest, err := media.ParseFrame(raw)
	return input{kind: kind, frame: f, raw: raw, number: s.mkv.Tracks[p.Track].UID, bad: err != nil || len(rest) > 0}, true
}

// configOf returns the config that stands beside a packet.
func configOf(p matroska.Packet) (raw []byte, f media.Frame, ok bool) {
	for _, d := range p.Sides {
		if d.ID != sideConfig {
			continue
		}
		raw = bytes.Clone(d.Data)
		f, rest, err := media.ParseFrame(raw)
		return raw, f, err == nil && len(rest) == 0 && f.Config
	}
	return nil, media.Frame{}, false
}

// Frames implements media.Source.
func (s *Sealed) Frames(ctx context.Context, kind string, at int64) iter.Seq2[[]media.Piece, error] {
	return func(yield func([]media.Piece, error) bool) {
		e := media.Entrance{At: at, Kind: kind}
		var out []media.Piece
		size := 0
		from := time.Duration(at)*time.Microsecond - s.zero
		for p, err := range s.mkv.Packets(s.mkv.Start(from, sealedLead, sealedBack)) {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				yield(nil, fmt.Errorf("read sealed call: %w", err))
				return
			}
			if string(s.mkv.Tracks[p.Track].Kind) != kind {
				continue
			}
			in, ok := s.input(p)
			if !ok || in.bad {
				continue
			}
			if raw, f, ok := configOf(p); ok {
				out = e.Take(out, media.Piece{Frame: f, Bytes: raw})
			}
			out = e.Take(out, media.Piece{Frame: in.frame, Bytes: in.raw})
			if size += len(in.raw); len(out) >= maxBatch || len(out) > 0 && size > maxBatchBytes {
				if !yield(out, nil) {
					return
				}
				out, size = nil, 0
			}
		}
		if out = e.Enter(out); len(out) > 0 {
			yield(out, nil)
		}
	}
}

// Bounds of what Frames yields at once: what it yields first should come soon.
const (
	maxBatch      = 64
	maxBatchBytes = 256 << 10
)

// End implements media.Source.
func (s *Sealed) End(context.Context) (int64, error) {
	return (s.zero + s.mkv.Duration).Microseconds(), nil
}

// Close implements media.Source.
func (s *Sealed) Close() error { return s.f.Close() }

// feed reads the file for a cut that begins at from; ctx ends it.
func (s *Sealed) feed(ctx context.Context, o Options) *feed {
	f := &feed{high: -1, judges: map[matroska.Kind]*judge{}, total: max(s.mkv.Duration.Milliseconds(), 1)}
	for _, k := range []matroska.Kind{matroska.Audio, matroska.Video} {
		f.judges[k] = newJudge(k, o.Participant)
	}
	next, stop := iter.Pull2(s.mkv.Packets(s.mkv.Start(o.From-s.zero-lead, sealedLead, sealedBack)))
	f.stop = stop
	var held *input // the frame after its config
	order := int64(0)
	f.pull = func() (*input, bool, error) {
		if held != nil {
			in := held
			held = nil
			return in, true, nil
		}
		for {
			p, err, ok := next()
			if err == nil {
				err = ctx.Err()
			}
			if err != nil || !ok || o.To > 0 && s.zero+p.PTS > o.To+reorder {
				return nil, false, err
			}
			f.read = p.PTS.Milliseconds()
			in, ok := s.input(p)
			if !ok {
				continue
			}
			order++
			in.order = order
			if raw, c, ok := configOf(p); ok {
				held = &in
				return &input{kind: in.kind, frame: c, raw: raw, order: order, number: in.number}, true, nil
			}
			return &in, true, nil
		}
	}
	return f
}

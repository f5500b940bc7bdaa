package media

import (
	"bytes"
	"cmp"
	"context"
	"iter"
	"maps"
	"slices"
)

// A Source gives a call's frames from any moment on. Of a running call they come from its log (LogSource), of one that is over from its
// sealed file (package seal); whoever reads can't tell which. All methods may be called from any goroutine.
type Source interface {
	// Frames yields the frames of a kind (Audio or Video) from the moment at on, µs on the call's clock, in batches. First come, of each
	// track that is there at that moment, its config and, of video, the frames from its last key frame on; then, in the order of the log, all frames
	// that are not before at. A track's config comes before its first frame and when it changes; what can't be decoded is left out. It ends with the
	// call; at the end of a running call it waits for more, and says so once, by an empty batch. It ends after one error: ctx's, or one that wraps log.ErrNoTopic when the
	// running call has just been sealed or deleted: open its Source anew and go on from the last PTS.
	Frames(ctx context.Context, kind string, at int64) iter.Seq2[[]Piece, error]

	// End returns how far the frames reach by now, µs on the call's clock; 0 if there are none.
	End(ctx context.Context) (int64, error)

	// Close frees the source. Frames under way end.
	Close() error
}

// A Piece is a frame and its bytes on the wire. Neither is changed any more; both may be kept.
type Piece struct {
	Frame
	Bytes []byte
}

// An Entrance makes of the frames of one kind, read from some time before a moment on, what Source.Frames yields for that moment. Sources are built with
// it. It is for one goroutine.
type Entrance struct {
	At      int64 // µs on the call's clock
	Kind    string
	entered bool
	tracks  map[rendered]*entering
}

// rendered is a rendition of a track.
type rendered struct {
	track     uint16
	rendition uint8
}

// entering is the state of one of them.
type entering struct {
	config []byte
	piece  Piece  // the config
	said   bool   // it was yielded
	next   *Piece // another config, whose first frame has not come
	run    []Piece
	bytes  int
	keyed  bool // the decoder has a key frame, or needs none
}

// Take appends to out what follows from the next frame.
func (e *Entrance) Take(out []Piece, p Piece) []Piece {
	id := rendered{p.Track, p.Rendition}
	t := e.tracks[id]
	if p.Config {
		if t != nil && bytes.Equal(t.config, p.Bytes) {
			t.next = nil
			return out // said again for those who begin here
		}
		if t != nil && !e.entered {
			t.next = &p // its frame may be of after the moment
			return out
		}
		t = e.begin(id, p)
		if e.entered {
			t.said = true
			out = append(out, p)
		}
		return out
	}
	if t == nil {
		return out
	}
	if p.PTS >= e.At {
		out = e.Enter(out)
	}
	if t.next != nil {
		t = e.begin(id, *t.next)
	}
	if !e.entered {
		t.hold(p, e.Kind)
		return out
	}
	return t.emit(out, p)
}

// begin notes a config; what was held for the one before is gone.
func (e *Entrance) begin(id rendered, config Piece) *entering {
	if e.tracks == nil {
		e.tracks = map[rendered]*entering{}
	}
	t := &entering{config: config.Bytes, piece: config, keyed: e.Kind == Audio}
	e.tracks[id] = t
	return t
}

// maxBehind is how far, in µs, a rendition may be behind another of its track and still be shown.
const maxBehind = 3_000_000

// end is the time of the last frame that is held; 0: none is.
func (t *entering) end() int64 {
	if len(t.run) == 0 {
		return 0
	}
	return t.run[len(t.run)-1].PTS
}

// hold keeps a frame before the moment that a decoder may need at it.
func (t *entering) hold(p Piece, kind string) {
	switch {
	case kind == Audio:
		return
	case p.Key:
		t.run, t.bytes = t.run[:0], 0
	case len(t.run) == 0:
		return
	case len(t.run) >= maxRunFrames || t.bytes > maxRunBytes:
		t.run, t.bytes = nil, 0
		return
	}
	t.run = append(t.run, p)
	t.bytes += len(p.Bytes)
}

// Enter appends what was held, if that has not been done: when a frame of the moment comes, or none will.
func (e *Entrance) Enter(out []Piece) []Piece {
	if e.entered {
		return out
	}
	e.entered = true
	order := slices.SortedFunc(maps.Keys(e.tracks), func(a, b rendered) int {
		return cmp.Or(cmp.Compare(a.track, b.track), cmp.Compare(b.rendition, a.rendition)) // the best first
	})
	newest := map[uint16]int64{}
	for id, t := range e.tracks {
		newest[id.track] = max(newest[id.track], t.end())
	}
	for _, id := range order {
		t := e.tracks[id]
		if t.end() < newest[id.track]-maxBehind { // a rendition that was not sent any more
			t.run = nil
		}
		for _, p := range t.run {
			out = t.emit(out, p)
		}
		t.run = nil
	}
	return out
}

// emit appends a frame, its config before it.
func (t *entering) emit(out []Piece, p Piece) []Piece {
	if !t.keyed && !p.Key {
		return out
	}
	if !t.said {
		t.said = true
		out = append(out, t.piece)
	}
	t.keyed = true
	return append(out, p)
}

package past

import (
	"bytes"
	"context"
	"errors"
	"math"
	"sync"
	"time"

	"scaip/internal/log"
	"scaip/internal/media"
)

// play is what a seek asks for: two readers, of sound and of pictures, each held back by the pacer and then by the socket.
type play struct {
	s     *session
	seek  Seek
	pacer *media.Pacer
	video map[uint16]bool // nil: all

	mu    sync.Mutex
	kinds [2]progress
	told  int64 // the last Sent
}

// progress is how far a kind has come.
type progress struct {
	sent    int64     // frames up to there have been sent, µs
	caught  bool      // it has read all there was
	waiting time.Time // since when it waits for more; zero: it does not
}

func kindOf(i int) string { return [...]string{media.Audio, media.Video}[i] }

const (
	maxBatch = 256 << 10              // bytes sent as one message, unless one frame is larger
	tell     = 200_000                // µs of progress that are worth a Sent
	edge     = 300_000                // µs behind the clock up to where a log that has nothing more is taken to be whole
	quiet    = 150 * time.Millisecond // so long a reader waits before it is taken to have nothing more
	reopen   = 5                      // times in a row that a source may have moved
	patience = 300 * time.Millisecond // between them
)

func newPlay(s *session, k Seek) *play {
	p := &play{s: s, seek: k, pacer: media.NewPacer(k.Until), told: k.At}
	if k.Video != nil {
		p.video = map[uint16]bool{}
		for _, t := range *k.Video {
			p.video[t] = true
		}
	}
	return p
}

// start begins to play; stop ends it and waits until nothing more is sent.
func (p *play) start(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	if p.s.say(serverMessage{At: &at{ID: p.seek.ID, At: p.seek.At}}) != nil {
		return cancel
	}
	var wg sync.WaitGroup
	for i := range p.kinds {
		wg.Go(func() { p.run(ctx, i) })
	}
	return func() { cancel(); wg.Wait() }
}

// run plays a kind to its end.
func (p *play) run(ctx context.Context, i int) {
	r := reader{p: p, i: i, at: p.seek.At, last: map[layer]mark{}}
	for tries := 0; tries < reopen; {
		from := r.at
		err := r.read(ctx)
		if err == nil || ctx.Err() != nil || errors.Is(err, errGone) {
			break
		}
		if r.at > from {
			tries = 0
		}
		if tries++; !errors.Is(err, log.ErrNoTopic) && tries >= 2 {
			break // what can be read has been
		}
		select {
		case <-time.After(patience):
		case <-ctx.Done():
		}
	}
	if ctx.Err() == nil {
		p.reached(i, math.MaxInt64)
	}
}

// reader reads one kind.
type reader struct {
	p    *play
	i    int
	at   int64 // it goes on from there
	last map[layer]mark
	best media.Best // of the renditions that were sent, the viewer gets one
	buf  []byte

	picked [2]media.Piece
}

type layer struct {
	track     uint16
	rendition uint8
}

// mark is what was sent of a layer: a source that is opened anew says it again.
type mark struct {
	config []byte
	pts    int64
}

// read opens the source and sends its frames until it ends.
func (r *reader) read(ctx context.Context) error {
	src, err := r.p.s.open(ctx)
	if err != nil {
		return err
	}
	moved := false
	defer func() { r.p.s.release(src, moved) }()
	for pieces, err := range src.Frames(ctx, kindOf(r.i), r.at) {
		if err != nil {
			moved = ctx.Err() == nil
			return err
		}
		r.p.busy(r.i)
		for _, f := range pieces {
			for _, f := range r.best.Take(r.picked[:0], f) {
				if err := r.send(ctx, f); err != nil {
					return err
				}
			}
		}
		if err := r.flush(); err != nil {
			return err
		}
		r.p.idle(r.i, len(pieces) == 0)
	}
	return nil
}

// send sends a frame when it is due.
func (r *reader) send(ctx context.Context, f media.Piece) error {
	if r.i == 1 && r.p.video != nil && !r.p.video[f.Track] {
		return nil
	}
	id := layer{f.Track, f.Rendition}
	m, known := r.last[id]
	if !known {
		m.pts = -1
	}
	switch {
	case known && (f.Config && bytes.Equal(m.config, f.Bytes) || !f.Config && f.PTS <= m.pts):
		return nil // sent before the source moved
	case f.Config:
		r.last[id] = mark{config: f.Bytes, pts: m.pts}
	case f.PTS > r.p.pacer.Limit():
		if err := r.hold(ctx, f.PTS); err != nil {
			return err
		}
	}
	if len(r.buf)+len(f.Bytes) > maxBatch {
		if err := r.flush(); err != nil {
			return err
		}
	}
	if len(r.buf) == 0 {
		r.buf = append(r.buf, byte(r.i)) // the kinds share their track numbers
	}
	r.buf = append(r.buf, f.Bytes...)
	if !f.Config {
		m.pts = f.PTS
		r.last[id] = m
		r.at = max(r.at, f.PTS)
	}
	return ctx.Err()
}

// hold sends what is at hand and waits until a frame of the time is wanted.
func (r *reader) hold(ctx context.Context, pts int64) error {
	if err := r.flush(); err != nil {
		return err
	}
	for pts > r.p.pacer.Limit() {
		limit := r.p.pacer.Limit()
		r.p.reached(r.i, limit)
		if err := r.p.pacer.Wait(ctx, min(pts, limit+1)); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) flush() error {
	if len(r.buf) == 0 {
		return nil
	}
	err := r.p.s.write(true, r.buf)
	if cap(r.buf) > maxBatch*2 {
		r.buf = nil
	}
	r.buf = r.buf[:0]
	if err == nil {
		r.p.reached(r.i, min(r.at, r.p.pacer.Limit()))
	}
	return err
}

// busy notes that a kind's reader has got something.
func (p *play) busy(i int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.kinds[i].waiting = time.Time{}
}

// idle notes that a kind's reader asks for more.
func (p *play) idle(i int, caught bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.kinds[i].caught = p.kinds[i].caught || caught
	p.kinds[i].waiting = p.s.o.Now()
}

// wait brings kinds forward whose log has nothing more: to the edge of a running call, to the end of one that is over.
func (p *play) wait(now int64, running bool) {
	for i := range p.kinds {
		p.mu.Lock()
		k := p.kinds[i]
		p.mu.Unlock()
		switch {
		case !k.caught || k.waiting.IsZero() || p.s.o.Now().Sub(k.waiting) < quiet:
		case running:
			p.reached(i, min(now-edge, p.pacer.Limit()))
		default:
			p.reached(i, math.MaxInt64)
		}
	}
}

// reached notes that a kind's frames up to pts have been sent, and tells the client when both have come further.
func (p *play) reached(i int, pts int64) {
	p.mu.Lock()
	p.kinds[i].sent = max(p.kinds[i].sent, pts)
	sent := min(p.kinds[0].sent, p.kinds[1].sent)
	limit := p.pacer.Limit()
	all := sent >= limit
	switch {
	case sent == math.MaxInt64:
		sent = maxPTS // there is nothing more
	case all:
		sent = limit
	}
	told := sent >= p.told+tell || all && sent > p.told
	if told {
		p.told = sent
	}
	p.mu.Unlock()
	if told {
		_ = p.s.say(serverMessage{Sent: &sent}) // a client that has gone ends the session
	}
}

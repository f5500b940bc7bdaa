package replay

import (
	"cmp"
	"errors"
	"time"

	"scaip/internal/media"
	"scaip/internal/media/matroska"
)

// lead is how far before From the file may begin so that the pictures there can be decoded: more than a key frame interval.
const lead = 5 * time.Second

// maxRing bounds the frames held before From, in bytes.
const maxRing = 64 << 20

// writer is what a cut needs of a matroska.Writer.
type writer interface {
	AddTrack(matroska.Track) (int, error)
	Write(matroska.Packet) error
}

// cut writes the frames between from and to, which come in order of time. The file begins at the earliest of the key frames that the
// live video tracks need at from, for sound and picture alike.
type cut struct {
	from, to int64 // µs; to 0: none
	w        writer

	ring    []item // the frames of the last seconds before from
	bytes   int
	started bool
	zero    time.Duration // the file's beginning on the call's clock

	frames, tracks, unwritable int
	last                       time.Duration // latest pts written
}

func newCut(from, to time.Duration, w writer) *cut {
	return &cut{from: from.Microseconds(), to: to.Microseconds(), w: w, started: from <= 0}
}

// take takes the next frame.
func (c *cut) take(it item) error {
	if c.to > 0 && it.pts >= c.to {
		return nil
	}
	if c.started {
		return c.put(it)
	}
	if it.pts < c.from {
		c.remember(it)
		return nil
	}
	if err := c.begin(); err != nil {
		return err
	}
	return c.put(it)
}

// remember keeps a frame before from.
func (c *cut) remember(it item) {
	c.ring = append(c.ring, it)
	c.bytes += len(it.data)
	old := 0
	for old < len(c.ring) && (c.ring[old].pts < it.pts-lead.Microseconds() || c.bytes > maxRing) {
		c.bytes -= len(c.ring[old].data)
		c.ring[old] = item{}
		old++
	}
	c.ring = c.ring[old:]
}

// begin decides where the file begins and writes what is needed before from.
func (c *cut) begin() error {
	c.started = true
	zero := c.from
	latest := map[*stream]int64{}
	for _, it := range c.ring {
		if it.stream.kind == matroska.Video && it.key && it.pts >= c.from-lead.Microseconds() {
			latest[it.stream] = it.pts
		}
	}
	for _, pts := range latest {
		zero = min(zero, pts)
	}
	c.zero = (time.Duration(zero) * time.Microsecond).Truncate(time.Millisecond)
	for _, it := range c.ring {
		if it.pts < zero {
			continue
		}
		if err := c.put(it); err != nil {
			return err
		}
	}
	c.ring = nil
	return nil
}

// put writes a frame.
func (c *cut) put(it item) error {
	s := it.stream
	if s.kind == matroska.Video && !s.began && !it.key {
		return nil // its key frame is before the file
	}
	if !s.added && !s.dead {
		if err := c.add(s); err != nil {
			return err
		}
	}
	if s.dead {
		c.unwritable++
		return nil
	}
	at := time.Duration(it.pts) * time.Microsecond
	err := c.w.Write(matroska.Packet{Track: s.index, PTS: max(at-c.zero, 0), Key: it.key, Data: it.data})
	if errors.Is(err, matroska.ErrLate) {
		c.unwritable++
		return nil
	}
	if err != nil {
		return err
	}
	s.began = true
	c.frames++
	c.last = max(c.last, at)
	return nil
}

// add gives s its track in the file.
func (c *cut) add(s *stream) error {
	f := s.config
	index, err := c.w.AddTrack(matroska.Track{UID: s.number, Kind: s.kind, Name: trackName(s), Codec: f.Codec, Width: f.Width, Height: f.Height,
		SampleRate: f.SampleRate, Channels: f.Channels, Private: f.Extra})
	if errors.Is(err, matroska.ErrCodec) || errors.Is(err, matroska.ErrTooManyTracks) {
		s.dead = true
		return nil
	}
	if err != nil {
		return err
	}
	s.index, s.added = index, true
	c.tracks++
	return nil
}

// trackName is what a player shows.
func trackName(s *stream) string {
	what := "camera"
	switch {
	case s.kind == matroska.Video && s.slot == media.SlotScreen:
		what = "screen"
	case s.kind == matroska.Audio && s.slot == media.SlotScreen:
		what = "screen sound"
	case s.kind == matroska.Audio:
		what = "microphone"
	}
	return cmp.Or(s.config.Name, s.config.User) + " (" + what + ")"
}

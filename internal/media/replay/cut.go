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
	Resize(track, width, height int)
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

	tell  *teller
	sides [2]matroska.SideData // of the frame that is being written
}

func newCut(o Options, w writer) *cut {
	return &cut{from: o.From.Microseconds(), to: o.To.Microseconds(), w: w, started: o.From <= 0, tell: newTeller(o)}
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
	c.bytes += it.size()
	old := 0
	for old < len(c.ring) && (c.ring[old].pts < it.pts-lead.Microseconds() || c.bytes > maxRing) {
		c.bytes -= c.ring[old].size()
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
	if err := c.tell.lines(c, at); err != nil {
		return err
	}
	err := c.w.Write(matroska.Packet{Track: s.index, PTS: max(at-c.zero, 0), Key: it.key, Data: it.raw[media.HeaderSize:], Sides: c.beside(it)})
	if errors.Is(err, matroska.ErrLate) {
		c.unwritable++
		return nil
	}
	if err != nil {
		return err
	}
	if g := it.config; g.area() > s.width*s.height {
		s.width, s.height = g.width, g.height
		c.w.Resize(s.index, g.width, g.height)
	}
	s.began = true
	c.frames++
	c.last = max(c.last, at)
	c.note(s, it)
	return nil
}

// note tells the teller of a frame that says who speaks or shares a screen.
func (c *cut) note(s *stream, it item) {
	speech, screen := s.kind == matroska.Audio && s.slot == media.SlotMain, s.kind == matroska.Video && s.slot == media.SlotScreen
	if !speech && !screen {
		return
	}
	seat := int(s.sender >> 2)
	if speech {
		c.tell.talks.hear(seat, it.pts, it.level)
	} else {
		c.tell.shares.see(seat, it.pts)
	}
}

// beside returns what stands beside a frame: its header, and its config if the file does not have it yet, or long ago.
func (c *cut) beside(it item) []matroska.SideData {
	c.sides[0] = matroska.SideData{ID: sideHeader, Data: it.raw[:media.HeaderSize]}
	s := it.stream
	if s.stored == it.config && (!it.key || it.pts-s.storedAt < storeAgain.Microseconds()) {
		return c.sides[:1]
	}
	s.stored, s.storedAt = it.config, it.pts
	c.sides[1] = matroska.SideData{ID: sideConfig, Data: it.config.raw}
	return c.sides[:2]
}

// end writes what comes after the last frame.
func (c *cut) end() error {
	if c.frames == 0 {
		return nil
	}
	return c.tell.lines(c, c.last+lead)
}

// add gives s its track in the file.
func (c *cut) add(s *stream) error {
	f := s.config
	s.width, s.height = f.Width, f.Height
	index, err := c.w.AddTrack(matroska.Track{UID: s.number, Kind: s.kind, Name: trackName(s), Codec: f.Codec, Width: f.Width, Height: f.Height,
		SampleRate: f.SampleRate, Channels: f.Channels, Sides: sides(), Private: f.Extra})
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

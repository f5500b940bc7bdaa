package replay

import "scaip/internal/media/matroska"

// picker takes frames in the order of time and passes on, of each sender's pictures, one rendition at a time: the largest that there is. It goes to another
// one at that one's key frame, to a lesser one when the better has been silent for a while.
type picker struct {
	put    func(item) error
	best   map[uint16]*best // by the sender's track
	lesser int              // frames that were passed over
}

// best is the rendition of a track that goes into the file.
type best struct {
	rendition uint8
	area      int
	pts       int64 // of its last frame
}

// betterAfter is how long the best rendition must have been silent before a lesser one takes its place, µs.
const betterAfter = 1_500_000

// take takes the next frame.
func (p *picker) take(it item) error {
	if it.stream.kind == matroska.Video && !p.picks(it) {
		p.lesser++
		return nil
	}
	return p.put(it)
}

// picks reports whether the file takes it.
func (p *picker) picks(it item) bool {
	c := it.config
	b := p.best[it.stream.sender]
	switch {
	case b == nil:
		if p.best == nil {
			p.best = map[uint16]*best{}
		}
		b = &best{rendition: c.rendition, area: c.area()}
		p.best[it.stream.sender] = b
	case b.rendition == c.rendition:
		b.area = c.area()
	case !it.key || it.pts <= b.pts || c.area() <= b.area && it.pts-b.pts < betterAfter:
		return false
	default:
		b.rendition, b.area = c.rendition, c.area()
	}
	b.pts = it.pts
	return true
}

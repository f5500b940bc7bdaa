package media

// Best picks of each track one rendition at a time, the best that comes, for who reads a call's frames from the log: there all that were sent
// follow each other. It goes to a better one at that one's key frame, and to a lesser one when the better has not come for a while. The
// zero value is ready; it belongs to one goroutine.
type Best struct {
	tracks map[uint16]*bestOf
}

type bestOf struct {
	current int8 // None: nothing picked yet
	configs [Renditions]*Piece
	last    [Renditions]int64 // pts
}

// Take appends to out what goes on of the next frame: nothing, the frame, or the config of its rendition and the frame.
func (b *Best) Take(out []Piece, p Piece) []Piece {
	if p.Rendition >= Renditions {
		return out
	}
	t := b.tracks[p.Track]
	if t == nil {
		if b.tracks == nil {
			b.tracks = map[uint16]*bestOf{}
		}
		t = &bestOf{current: None}
		b.tracks[p.Track] = t
	}
	r := int8(p.Rendition)
	if p.Config {
		c := p
		t.configs[r] = &c
		if r == t.current {
			out = append(out, p)
		}
		return out
	}
	t.last[r] = p.PTS
	if r != t.current {
		if !p.Key || t.configs[r] == nil || r < t.current && p.PTS-t.last[t.current] <= staleAfter.Microseconds() {
			return out
		}
		t.current = r
		out = append(out, *t.configs[r])
	}
	return append(out, p)
}

package matroska

import (
	"cmp"
	"time"
)

// packetReader walks clusters.
type packetReader struct {
	f     *File
	yield func(Packet, error) bool
	buf   []byte
	sides []SideData
	base  time.Duration // of the present cluster
	left  bool          // the caller has left the loop
}

func (r *packetReader) run(at int64) error {
	for !r.left && at < r.f.size {
		var head [16]byte
		n := min(16, r.f.size-at)
		if _, err := r.f.r.ReadAt(head[:n], at); err != nil {
			return cmp.Or(notEOF(err), errDamaged)
		}
		id, size, skip, err := elementHead(head[:n])
		if err != nil || size > r.f.size-at-int64(skip) {
			return errDamaged
		}
		if id != idCluster {
			return nil // what comes behind them
		}
		if size > maxCued {
			return errDamaged
		}
		if int64(cap(r.buf)) < size {
			r.buf = make([]byte, size+size/4)
		}
		r.buf = r.buf[:size]
		if _, err := r.f.r.ReadAt(r.buf, at+int64(skip)); err != nil {
			return cmp.Or(notEOF(err), errDamaged)
		}
		if err := r.cluster(r.buf); err != nil {
			return err
		}
		at += int64(skip) + size
	}
	return nil
}

func (r *packetReader) cluster(b []byte) error {
	for len(b) > 0 && !r.left {
		e, rest, err := next(b)
		if err != nil {
			return err
		}
		b = rest
		switch e.id {
		case idTimestamp:
			r.base = time.Duration(e.uint()) * time.Millisecond
		case idSimpleBlock:
			p := Packet{Key: true}
			ok, err := r.block(e, &p)
			if err != nil {
				return err
			}
			if ok {
				r.left = !r.yield(p, nil)
			}
		case idBlockGroup:
			if err := r.group(e.data); err != nil {
				return err
			}
		}
	}
	return nil
}

// block fills p; false: of a track that is passed over.
func (r *packetReader) block(e element, p *Packet) (bool, error) {
	number, rel, flags, data, err := e.block()
	if err != nil {
		return false, err
	}
	i, ok := r.f.numbers[number]
	p.Track, p.PTS, p.Data = i, r.base+time.Duration(rel)*time.Millisecond, data
	if e.id == idSimpleBlock {
		p.Key = flags&0x80 != 0
	}
	return ok && flags&0x06 == 0, nil
}

func (r *packetReader) group(b []byte) (err error) {
	p := Packet{Key: true}
	ok := false
	r.sides = r.sides[:0]
	for len(b) > 0 {
		var e element
		if e, b, err = next(b); err != nil {
			return err
		}
		switch e.id {
		case idBlock:
			if ok, err = r.block(e, &p); err != nil {
				return err
			}
		case idDuration:
			p.Duration = time.Duration(e.uint()) * time.Millisecond
		case idReference:
			p.Key = false
		case idAdditions:
			if err := r.additions(e.data); err != nil {
				return err
			}
		}
	}
	if ok {
		p.Sides = r.sides
		r.left = !r.yield(p, nil)
	}
	return nil
}

func (r *packetReader) additions(b []byte) (err error) {
	for len(b) > 0 {
		var more, e element
		if more, b, err = next(b); err != nil {
			return err
		}
		s := SideData{ID: 1}
		for d := more.data; len(d) > 0; {
			if e, d, err = next(d); err != nil {
				return err
			}
			switch e.id {
			case idAddID:
				s.ID = e.uint()
			case idAdditional:
				s.Data = e.data
			}
		}
		r.sides = append(r.sides, s)
	}
	return nil
}

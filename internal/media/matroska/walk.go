package matroska

import (
	"encoding/binary"
	"errors"
	"math/bits"
)

// errDamaged marks bytes that are no proper elements.
var errDamaged = errors.New("damaged Matroska file")

// An element is a part of a master element.
type element struct {
	id   uint32
	data []byte
}

// elementHead reads the head of an element: its ID, the size of its data, and how many bytes the head takes. An unknown size is damage: nothing
// that this package wrote has one.
func elementHead(b []byte) (id uint32, size int64, n int, err error) {
	if len(b) == 0 || b[0] == 0 {
		return 0, 0, 0, errDamaged
	}
	n = bits.LeadingZeros8(b[0]) + 1
	if n > 4 || len(b) < n+1 {
		return 0, 0, 0, errDamaged
	}
	for _, c := range b[:n] {
		id = id<<8 | uint32(c)
	}
	if b[n] == 0 {
		return 0, 0, 0, errDamaged
	}
	w := bits.LeadingZeros8(b[n]) + 1
	if len(b) < n+w {
		return 0, 0, 0, errDamaged
	}
	v := uint64(b[n]) & (1<<(8-w) - 1)
	for _, c := range b[n+1 : n+w] {
		v = v<<8 | uint64(c)
	}
	if v == 1<<(7*w)-1 || v > 1<<50 {
		return 0, 0, 0, errDamaged
	}
	return id, int64(v), n + w, nil
}

// next takes the first element off b.
func next(b []byte) (e element, rest []byte, err error) {
	id, size, n, err := elementHead(b)
	if err != nil || size > int64(len(b)-n) {
		return element{}, nil, errDamaged
	}
	end := n + int(size)
	return element{id, b[n:end:end]}, b[end:], nil
}

func (e element) uint() (v uint64) {
	for _, c := range e.data[:min(len(e.data), 8)] {
		v = v<<8 | uint64(c)
	}
	return v
}

// block takes a (Simple)Block apart; without lacing, which this package does not write.
func (e element) block() (number uint64, rel int16, flags byte, data []byte, err error) {
	b := e.data
	switch {
	case len(b) >= 4 && b[0]&0x80 != 0:
		number, b = uint64(b[0]&0x7f), b[1:]
	case len(b) >= 5 && b[0]&0x40 != 0:
		number, b = uint64(b[0]&0x3f)<<8|uint64(b[1]), b[2:]
	default:
		return 0, 0, 0, nil, errDamaged
	}
	return number, int16(binary.BigEndian.Uint16(b)), b[2], b[3:], nil
}

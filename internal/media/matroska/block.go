package matroska

import (
	"encoding/binary"
	"math/bits"
	"time"
)

// IDs of the elements that are written and read frame by frame (RFC 9559, section 5). ebml-go's reflection takes 10 µs for a block with its
// additions; put together here, it is one copy. All other elements are ebml-go's.
const (
	idSegment     = 0x18538067
	idSeekHead    = 0x114D9B74
	idInfo        = 0x1549A966
	idTracks      = 0x1654AE6B
	idCluster     = 0x1F43B675
	idCues        = 0x1C53BB6B
	idAttachments = 0x1941A469
	idTimestamp   = 0xE7
	idSimpleBlock = 0xA3
	idBlockGroup  = 0xA0
	idBlock       = 0xA1
	idDuration    = 0x9B
	idReference   = 0xFB
	idAdditions   = 0x75A1
	idMore        = 0xA6
	idAddID       = 0xEE
	idAdditional  = 0xA5
)

// blockHead is what stands before a block's data: track number, relative time, flags.
func blockHead(number uint64) int {
	if number < 127 { // as a one-byte number, 127 has the bits of "unknown"
		return 4
	}
	return 5
}

// appendBlock appends a packet, at a time relative to its cluster; ref is the time of the track's packet before it, relative to it.
func appendBlock(dst []byte, number uint64, rel, ref time.Duration, p *Packet) []byte {
	size := blockHead(number) + len(p.Data)
	if len(p.Sides) == 0 && p.Duration == 0 {
		dst = appendElement(dst, idSimpleBlock, size)
		return appendBody(dst, number, rel, p)
	}
	group := elementSize(idBlock, size)
	var additions, duration int
	for _, s := range p.Sides {
		more := 3 + elementSize(idAdditional, len(s.Data))
		additions += elementSize(idMore, more)
	}
	if additions > 0 {
		group += elementSize(idAdditions, additions)
	}
	if p.Duration > 0 {
		duration = uintSize(uint64(p.Duration.Milliseconds()))
		group += elementSize(idDuration, duration)
	}
	if !p.Key {
		group += elementSize(idReference, 4)
	}
	dst = appendElement(dst, idBlockGroup, group)
	dst = appendElement(dst, idBlock, size)
	dst = appendBody(dst, number, rel, p)
	if p.Duration > 0 {
		dst = appendElement(dst, idDuration, duration)
		dst = appendUint(dst, uint64(p.Duration.Milliseconds()))
	}
	if !p.Key {
		dst = appendElement(dst, idReference, 4)
		dst = binary.BigEndian.AppendUint32(dst, uint32(int32(ref.Milliseconds())))
	}
	if additions > 0 {
		dst = appendElement(dst, idAdditions, additions)
	}
	for _, s := range p.Sides {
		dst = appendElement(dst, idMore, 3+elementSize(idAdditional, len(s.Data)))
		dst = append(dst, idAddID, 0x81, byte(s.ID))
		dst = appendElement(dst, idAdditional, len(s.Data))
		dst = append(dst, s.Data...)
	}
	return dst
}

func appendBody(dst []byte, number uint64, rel time.Duration, p *Packet) []byte {
	if number < 127 {
		dst = append(dst, 0x80|byte(number))
	} else {
		dst = append(dst, 0x40|byte(number>>8), byte(number))
	}
	dst = binary.BigEndian.AppendUint16(dst, uint16(int16(rel.Milliseconds())))
	flags := byte(0)
	if p.Key && len(p.Sides) == 0 && p.Duration == 0 {
		flags = 0x80
	}
	dst = append(dst, flags)
	return append(dst, p.Data...)
}

// appendElement appends the head of an element whose data has the given size.
func appendElement(dst []byte, id uint32, size int) []byte {
	switch {
	case id < 1<<8:
		dst = append(dst, byte(id))
	case id < 1<<16:
		dst = append(dst, byte(id>>8), byte(id))
	default:
		dst = binary.BigEndian.AppendUint32(dst, id) // none has three bytes
	}
	switch n := sizeLength(size); n {
	case 1:
		return append(dst, 0x80|byte(size))
	case 2:
		return append(dst, 0x40|byte(size>>8), byte(size))
	default:
		v := uint64(size) | 1<<(7*n)
		for i := n - 1; i >= 0; i-- {
			dst = append(dst, byte(v>>(8*i)))
		}
		return dst
	}
}

// sizeLength is how many bytes a size takes (RFC 8794, section 4); all bits set would mean "unknown".
func sizeLength(size int) int {
	n := 1
	for n < 8 && uint64(size) >= 1<<(7*n)-1 {
		n++
	}
	return n
}

func elementSize(id uint32, size int) int {
	return (bits.Len32(id)+7)/8 + sizeLength(size) + size
}

func uintSize(v uint64) int { return max((bits.Len64(v)+7)/8, 1) }

func appendUint(dst []byte, v uint64) []byte {
	for i := uintSize(v) - 1; i >= 0; i-- {
		dst = append(dst, byte(v>>(8*i)))
	}
	return dst
}

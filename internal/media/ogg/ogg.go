// Package ogg writes Opus sound into Ogg files (RFC 3533, RFC 7845): one stream a file, nothing transcoded.
//
// It guarantees that time is kept: a packet is heard when its time says, to within [Apart]; where nothing was sent, there is silence. The bytes depend on
// the calls alone, and memory is bounded by a page.
package ogg

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"scaip/internal/media/matroska"
)

// Rate is the samples a second in which Ogg counts Opus, whatever the sound was recorded at (RFC 7845, section 4).
const Rate = 48000

// Apart is how far a packet may be from its time: a clock that runs a little fast or slow is let run so far before a frame of silence is put in, or a
// frame left out.
const Apart = 40 * time.Millisecond

const (
	frame     = 20 * time.Millisecond
	pageTime  = time.Second // a page ends after that much sound (RFC 7845, section 6, asks for at most a second)
	maxLacing = 255         // segments of a page

	begins = 2
	ends   = 4
)

// silences are packets of silence, longest first: mono CELT frames (RFC 6716) that decode to nothing.
var silences = []struct {
	long   time.Duration
	packet []byte
}{
	{20 * time.Millisecond, []byte{0xf8, 0xff, 0xfe}},
	{10 * time.Millisecond, []byte{0xf0, 0xff, 0xfe}},
	{5 * time.Millisecond, []byte{0xe8, 0xff, 0xfe}},
	{2500 * time.Microsecond, []byte{0xe0, 0xff, 0xfe}},
}

// Writer writes one stream. It is for one goroutine.
type Writer struct {
	out    io.Writer
	serial uint32
	crc    *[256]uint32
	seq    uint32        // of the next page
	at     time.Duration // of the sound so far

	lacing []byte // of the present page
	data   []byte
	since  time.Duration // where it begins
	last   []byte        // the packet that is not in a page yet: the last one of all ends the stream
	left   int           // packets left out
}

// NewWriter writes the two header packets. head is an OpusHead (RFC 7845, section 5.1); title may be empty. Streams that are joined later need different
// serials.
func NewWriter(out io.Writer, serial uint32, head []byte, title string) (*Writer, error) {
	if len(head) < 19 || string(head[:8]) != "OpusHead" {
		return nil, errors.New("write Ogg: the header is no OpusHead")
	}
	w := &Writer{out: out, serial: serial, crc: crcTable()}
	w.pack(head)
	if err := w.page(begins, 0); err != nil {
		return nil, err
	}
	w.pack(tags(title))
	return w, w.page(0, 0)
}

// tags is an OpusTags packet (section 5.2).
func tags(title string) []byte {
	const vendor = "scaip"
	b := append([]byte("OpusTags"), binary.LittleEndian.AppendUint32(nil, uint32(len(vendor)))...)
	b = append(b, vendor...)
	if title == "" {
		return binary.LittleEndian.AppendUint32(b, 0)
	}
	comment := "TITLE=" + title[:min(len(title), 1000)]
	b = binary.LittleEndian.AppendUint32(b, 1)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(comment)))
	return append(b, comment...)
}

// Write adds an Opus packet whose sound begins pts after the beginning of the file; they come in order of time. quiet: it may be left out when the sound
// is ahead of its time.
func (w *Writer) Write(pts time.Duration, packet []byte, quiet bool) error {
	long := matroska.OpusDuration(packet)
	if long == 0 {
		w.left++
		return nil
	}
	if w.at-pts > Apart || quiet && w.at-pts >= frame {
		w.left++
		return nil
	}
	if gap := pts - w.at; gap >= frame {
		if err := w.silence(gap); err != nil {
			return err
		}
	}
	return w.add(packet, long)
}

// silence fills a gap, to 2.5 ms.
func (w *Writer) silence(gap time.Duration) error {
	for _, s := range silences {
		for ; gap >= s.long; gap -= s.long {
			if err := w.add(s.packet, s.long); err != nil {
				return err
			}
		}
	}
	return nil
}

// add puts the packet of before into the page, and keeps this one.
func (w *Writer) add(packet []byte, long time.Duration) error {
	if w.last != nil {
		if len(w.lacing)+len(w.last)/255+1 > maxLacing || w.at-w.since >= pageTime {
			if err := w.page(0, w.at-matroska.OpusDuration(w.last)); err != nil {
				return err
			}
		}
		w.pack(w.last)
	}
	w.last = append(w.last[:0], packet...)
	w.at += long
	return nil
}

// Left is how many packets were left out: malformed, or of a sound that was ahead of its time.
func (w *Writer) Left() int { return w.left }

// Length is how long the stream is so far.
func (w *Writer) Length() time.Duration { return w.at }

// Close writes what is left. Closing out is the caller's.
func (w *Writer) Close() error {
	if w.last != nil {
		if len(w.lacing)+len(w.last)/255+1 > maxLacing {
			if err := w.page(0, w.at-matroska.OpusDuration(w.last)); err != nil {
				return err
			}
		}
		w.pack(w.last)
		w.last = nil
	}
	return w.page(ends, w.at)
}

// pack puts a packet into the present page, which has room for it: Opus packets are far shorter than one.
func (w *Writer) pack(p []byte) {
	for n := len(p); ; n -= 255 {
		w.lacing = append(w.lacing, byte(min(n, 255)))
		if n < 255 {
			break
		}
	}
	w.data = append(w.data, p...)
}

// page writes the present page (RFC 3533, section 6); until is where the sound of its last packet ends.
func (w *Writer) page(flags byte, until time.Duration) error {
	h := append(make([]byte, 0, 27+len(w.lacing)+len(w.data)), "OggS\x00"...)
	h = append(h, flags)
	h = binary.LittleEndian.AppendUint64(h, uint64(until*Rate/time.Second))
	h = binary.LittleEndian.AppendUint32(h, w.serial)
	h = binary.LittleEndian.AppendUint32(h, w.seq)
	h = binary.LittleEndian.AppendUint32(h, 0) // the checksum's place
	h = append(append(append(h, byte(len(w.lacing))), w.lacing...), w.data...)
	binary.LittleEndian.PutUint32(h[22:], checksum(w.crc, h))
	w.seq++
	w.lacing, w.data, w.since = w.lacing[:0], w.data[:0], until
	if _, err := w.out.Write(h); err != nil {
		return fmt.Errorf("write Ogg: %w", err)
	}
	return nil
}

// crcTable is of Ogg's CRC: polynomial 0x04c11db7, not reflected, from 0; hash/crc32 knows reflected ones only.
func crcTable() *[256]uint32 {
	t := new([256]uint32)
	for i := range t {
		r := uint32(i) << 24
		for range 8 {
			if r&(1<<31) != 0 {
				r = r<<1 ^ 0x04c11db7
			} else {
				r <<= 1
			}
		}
		t[i] = r
	}
	return t
}

func checksum(t *[256]uint32, b []byte) (crc uint32) {
	for _, c := range b {
		crc = crc<<8 ^ t[byte(crc>>24)^c]
	}
	return crc
}

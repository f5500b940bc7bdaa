package matroska

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"time"

	"github.com/at-wat/ebml-go"
)

// maxCued bounds the cluster and the other elements that a File takes into memory, in bytes.
const maxCued = 64 << 20

// A File is a file that a Writer has finished, opened for reading from anywhere. It holds the tracks and the cues, not the packets. It is
// read-only: many may read it at once.
type File struct {
	Tracks   []Track
	Title    string
	Date     time.Time     // when the recording began; zero if it is not said
	Duration time.Duration // from 0 to the end of the last packet

	r       io.ReaderAt
	size    int64
	numbers map[uint64]int // track number → index
	cues    []cue          // by time; track is an index
	places  map[uint32]int64
	first   int64 // the first cluster
}

// OpenFile reads the front and the cues of a file of size bytes. What is not whole, or not a Writer's, is an error.
func OpenFile(r io.ReaderAt, size int64) (*File, error) {
	f := &File{r: r, size: size, numbers: map[uint64]int{}, places: map[uint32]int64{}, first: reserved}
	if err := f.open(); err != nil {
		return nil, fmt.Errorf("open Matroska: %w", err)
	}
	return f, nil
}

func (f *File) open() error {
	front := make([]byte, min(reserved, f.size))
	if _, err := f.r.ReadAt(front, 0); err != nil {
		return cmp.Or(notEOF(err), errDamaged)
	}
	_, size, n, err := elementHead(front) // EBML
	if err != nil || size > int64(len(front)-n) {
		return errDamaged
	}
	id, length, head, err := elementHead(front[n+int(size):])
	if err != nil || id != idSegment || n+int(size)+head != segmentStart || segmentStart+length != f.size {
		return fmt.Errorf("%w: it is cut off, or not of this program", errDamaged)
	}
	for rest := front[segmentStart:]; len(rest) > 0; {
		var e element
		if e, rest, err = next(rest); err != nil {
			return err
		}
		switch e.id {
		case idSeekHead:
			err = f.takeSeekHead(e.data)
		case idInfo:
			err = f.takeInfo(e)
		case idTracks:
			err = f.takeTracks(e)
		}
		if err != nil {
			return err
		}
	}
	if len(f.Tracks) == 0 {
		return fmt.Errorf("%w: no tracks", errDamaged)
	}
	return f.takeCues()
}

func notEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

func (f *File) takeSeekHead(b []byte) error {
	var id uint64
	for len(b) > 0 {
		e, rest, err := next(b)
		if err != nil {
			return err
		}
		b = rest
		const idSeek, idSeekID, idSeekPosition = 0x4DBB, 0x53AB, 0x53AC
		if e.id != idSeek {
			continue
		}
		for d := e.data; len(d) > 0; {
			if e, d, err = next(d); err != nil {
				return err
			}
			switch e.id {
			case idSeekID:
				id = e.uint()
			case idSeekPosition:
				f.places[uint32(id)] = segmentStart + int64(e.uint())
			}
		}
	}
	return nil
}

// decode has ebml-go read the element e into v, a pointer to a struct of one field.
func (e element) decode(v any) error {
	raw := append(appendElement(nil, e.id, len(e.data)), e.data...)
	if err := ebml.Unmarshal(bytes.NewReader(raw), v, ebml.WithIgnoreUnknown(true), ebml.WithMaxLeafElementSize(maxCued)); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: %w", errDamaged, err)
	}
	return nil
}

func (f *File) takeInfo(e element) error {
	var v struct{ Info fileInfo }
	if err := e.decode(&v); err != nil {
		return err
	}
	f.Title, f.Duration = v.Info.Title, time.Duration(v.Info.Duration*float64(time.Millisecond))
	if !v.Info.DateUTC.Equal(time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)) { // Matroska's zero
		f.Date = v.Info.DateUTC
	}
	return nil
}

func (f *File) takeTracks(e element) error {
	var v struct{ Tracks tracks }
	if err := e.decode(&v); err != nil {
		return err
	}
	for _, e := range v.Tracks.TrackEntry {
		t, ok := trackOf(e)
		if e.TrackType == typeText {
			t, ok = Track{UID: e.TrackUID, Name: e.Name, Kind: Text}, true
		}
		if !ok {
			continue
		}
		for _, m := range e.BlockAdditionMapping {
			t.Sides = append(t.Sides, Side{ID: m.BlockAddIDValue, Name: m.BlockAddIDName})
		}
		f.numbers[e.TrackNumber] = len(f.Tracks)
		f.Tracks = append(f.Tracks, t)
	}
	return nil
}

// top reads the element of the segment's top level at a place.
func (f *File) top(at int64) (element, error) {
	var head [16]byte
	if _, err := f.r.ReadAt(head[:min(16, max(f.size-at, 0))], at); err != nil {
		return element{}, cmp.Or(notEOF(err), errDamaged)
	}
	id, size, n, err := elementHead(head[:])
	if err != nil || size > f.size-at-int64(n) || size > maxCued {
		return element{}, errDamaged
	}
	data := make([]byte, size)
	if _, err := f.r.ReadAt(data, at+int64(n)); err != nil {
		return element{}, cmp.Or(notEOF(err), errDamaged)
	}
	return element{id, data}, nil
}

func (f *File) takeCues() error {
	at, ok := f.places[idCues]
	if !ok {
		return nil
	}
	e, err := f.top(at)
	if err != nil || e.id != idCues {
		return cmp.Or(err, errDamaged)
	}
	for b := e.data; len(b) > 0; {
		if e, b, err = next(b); err != nil {
			return err
		}
		if err := f.takeCue(e.data); err != nil {
			return err
		}
	}
	return nil
}

func (f *File) takeCue(b []byte) (err error) {
	const idTime, idPositions, idTrack, idPosition = 0xB3, 0xB7, 0xF7, 0xF1
	var c cue
	for len(b) > 0 {
		var e element
		if e, b, err = next(b); err != nil {
			return err
		}
		switch e.id {
		case idTime:
			c.time = time.Duration(e.uint()) * time.Millisecond
		case idPositions:
			for d := e.data; len(d) > 0; {
				if e, d, err = next(d); err != nil {
					return err
				}
				switch e.id {
				case idTrack:
					c.track = uint64(f.numbers[e.uint()])
				case idPosition:
					c.position = e.uint()
				}
			}
			f.cues = append(f.cues, c)
		}
	}
	return nil
}

// Start returns the place from which Packets gives, of each track, all from before to at: the key frame that a video track needs at that
// time, if it is at most lead before, and at least all of the last lookback.
func (f *File) Start(at, lead, lookback time.Duration) int64 {
	n, _ := slices.BinarySearchFunc(f.cues, at+1, func(c cue, at time.Duration) int { return cmp.Compare(c.time, at) })
	start, back := int64(-1), false
	seen := map[uint64]bool{}
	for i := n - 1; i >= 0 && (!back || at-f.cues[i].time <= lead); i-- {
		c := f.cues[i]
		pos := segmentStart + int64(c.position)
		if f.Tracks[c.track].Kind == Video && !seen[c.track] && at-c.time <= lead {
			seen[c.track] = true
			start = lower(start, pos)
		}
		if !back && at-c.time >= lookback {
			back = true
			start = lower(start, pos)
		}
	}
	if !back {
		return f.first
	}
	return start
}

func lower(a, b int64) int64 {
	if a < 0 {
		return b
	}
	return min(a, b)
}

// Packets yields the packets from a place on that Start gave, in the order of the file, and ends with it, or after one error. Data and Sides of
// a packet are valid until the next one.
func (f *File) Packets(place int64) iter.Seq2[Packet, error] {
	return func(yield func(Packet, error) bool) {
		r := packetReader{f: f, yield: yield}
		if err := r.run(place); err != nil {
			yield(Packet{}, fmt.Errorf("read Matroska: %w", err))
		}
	}
}

// Attachment returns the data of the attached file of a name; false if there is none.
func (f *File) Attachment(name string) ([]byte, bool, error) {
	at, ok := f.places[idAttachments]
	if !ok {
		return nil, false, nil
	}
	e, err := f.top(at)
	if err != nil {
		return nil, false, fmt.Errorf("read attachment: %w", err)
	}
	var v struct{ Attachments attachments }
	if err := e.decode(&v); err != nil {
		return nil, false, fmt.Errorf("read attachment: %w", err)
	}
	for _, a := range v.Attachments.AttachedFile {
		if a.FileName == name {
			return a.FileData, true, nil
		}
	}
	return nil, false, nil
}

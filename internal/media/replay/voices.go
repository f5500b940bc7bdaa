package replay

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"scaip/internal/media/matroska"
)

// Voices writes, at the path to, the sound of the file from that Export has made: its tracks of sound, and what the file tells. Nothing is transcoded.
// A file that is there is replaced when the new one is whole. ErrEmpty: nobody is heard.
func Voices(from, to string) (r Result, err error) {
	src, err := OpenSealed(from)
	if err != nil {
		return r, err
	}
	defer src.Close()
	part := to + ".part"
	f, err := os.OpenFile(part, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return r, fmt.Errorf("write voices: %w", err)
	}
	r, err = src.voices(f)
	if err == nil {
		err = f.Sync()
	}
	if err = cmp.Or(err, f.Close()); err == nil {
		err = os.Rename(part, to)
	}
	if err != nil {
		os.Remove(part)
		return r, fmt.Errorf("write voices: %w", err)
	}
	return r, nil
}

// voices fills f.
func (s *Sealed) voices(f *os.File) (r Result, err error) {
	w, err := matroska.NewWriter(f, matroska.Options{Title: s.mkv.Title, Date: s.mkv.Date})
	if err != nil {
		return r, err
	}
	indexes := map[int]int{}
	for i, t := range s.mkv.Tracks {
		if t.Kind != matroska.Audio {
			continue
		}
		if indexes[i], err = w.AddTrack(t); err != nil {
			return r, err
		}
		r.Tracks++
	}
	for p, err := range s.mkv.Packets(s.mkv.Start(0, 0, 0)) {
		if err != nil {
			return r, err
		}
		at, ok := indexes[p.Track]
		if !ok {
			continue
		}
		p.Track = at
		if err := w.Write(p); err != nil && !errors.Is(err, matroska.ErrLate) {
			return r, err
		}
		r.Frames++
	}
	if r.Frames == 0 {
		return r, ErrEmpty
	}
	raw, ok, err := s.Story()
	if err != nil {
		return r, err
	}
	if ok {
		w.Attach(matroska.Attachment{Name: AttachmentName, MIME: "application/json", Description: "what happened in the call", Data: raw})
	}
	if err := w.Close(); err != nil {
		return r, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return r, err
	}
	h := sha256.New()
	if r.Bytes, err = io.Copy(h, f); err != nil {
		return r, err
	}
	r.SHA256 = hex.EncodeToString(h.Sum(nil))
	return r, nil
}

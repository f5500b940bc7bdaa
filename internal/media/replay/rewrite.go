package replay

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"strings"

	"scaip/internal/media/matroska"
)

// Voices writes, at the path to, the sound of the file from that Export has made: its tracks of sound, and what the file tells. Nothing is transcoded.
// A file that is there is replaced when the new one is whole. ErrEmpty: nobody is heard.
func Voices(from, to string) (Result, error) {
	return rewrite(from, to, form{keep: func(t matroska.Track) bool { return t.Kind == matroska.Audio }, story: true})
}

// WebM writes, at the path to, what WebM can hold of the file from that Export has made: VP8, VP9, AV1 and Opus. Pictures in another codec, the chat, the
// chapters, the attachment and what stands beside frames are left out; Result.Skipped.Unwritable counts the tracks. Otherwise it is as Voices.
func WebM(from, to string) (Result, error) {
	return rewrite(from, to, form{webm: true, keep: func(t matroska.Track) bool {
		return t.Kind != matroska.Text && !strings.HasPrefix(t.Codec, "avc")
	}})
}

// form is what rewrite makes of a file.
type form struct {
	keep  func(matroska.Track) bool
	webm  bool
	story bool // the attachment goes along
}

func rewrite(from, to string, o form) (r Result, err error) {
	src, err := OpenSealed(from)
	if err != nil {
		return r, err
	}
	defer src.Close()
	part := to + ".part"
	f, err := os.OpenFile(part, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return r, fmt.Errorf("write another form of the call: %w", err)
	}
	if r, err = src.rewrite(f, o); err == nil {
		r.Bytes, r.SHA256, err = settle(f)
	}
	if err = cmp.Or(err, f.Close()); err == nil {
		err = os.Rename(part, to)
	}
	if err != nil {
		os.Remove(part)
		return r, fmt.Errorf("write another form of the call: %w", err)
	}
	return r, nil
}

// rewrite fills f.
func (s *Sealed) rewrite(f *os.File, o form) (r Result, err error) {
	w, err := matroska.NewWriter(f, matroska.Options{Title: s.mkv.Title, Date: s.mkv.Date, WebM: o.webm})
	if err != nil {
		return r, err
	}
	indexes := map[int]int{}
	for i, t := range s.mkv.Tracks {
		if !o.keep(t) {
			if o.webm && t.Kind != matroska.Text {
				r.Skipped.Unwritable++
			}
			continue
		}
		if o.webm {
			t.Sides = nil
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
		if o.webm {
			p.Sides = nil
		}
		if err := w.Write(p); err != nil && !errors.Is(err, matroska.ErrLate) {
			return r, err
		}
		r.Frames++
	}
	if r.Frames == 0 {
		return r, ErrEmpty
	}
	if o.story {
		raw, ok, err := s.Story()
		if err != nil {
			return r, err
		}
		if ok {
			w.Attach(matroska.Attachment{Name: AttachmentName, MIME: "application/json", Description: "what happened in the call", Data: raw})
		}
	}
	return r, w.Close()
}

package replay

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"scaip/internal/media"
	"scaip/internal/media/matroska"
	"scaip/internal/media/ogg"
)

// A Voice is a file of what one person said, or of the sound of what he showed.
type Voice struct {
	Name     string        `json:"name"` // "Ada", "Ada (screen sound)"
	File     string        `json:"file"`
	Bytes    int64         `json:"bytes"`
	Duration time.Duration `json:"duration"` // ns
	Left     int           `json:"left"`     // frames that were left out, since they were ahead of their time or malformed
}

// maxVoices bounds the files that are written side by side.
const maxVoices = 200

// quietLevel is a level, −dBov, of a frame that nobody misses.
const quietLevel = 60

// Oggs makes of the file from that Export has made an Ogg Opus file for each person who is heard. Each begins where the file does, so that all can be laid
// side by side: what was not sent is silence. path says where a person's goes; a file that is there is replaced when all are whole. ErrEmpty: nobody is
// heard.
func Oggs(from string, path func(name string) string) (voices []Voice, err error) {
	src, err := OpenSealed(from)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	o := &oggs{src: src, path: path, files: map[uint64]*oggFile{}}
	err = o.run()
	for _, f := range o.order {
		err = cmp.Or(err, f.finish())
	}
	for _, f := range o.order {
		if err == nil {
			err = os.Rename(f.part, f.voice.File)
		}
		if err != nil {
			os.Remove(f.part)
			continue
		}
		voices = append(voices, f.voice)
	}
	if err == nil && len(voices) == 0 {
		err = ErrEmpty
	}
	if err != nil {
		return nil, fmt.Errorf("write voices: %w", err)
	}
	return voices, nil
}

type oggs struct {
	src   *Sealed
	path  func(string) string
	files map[uint64]*oggFile // by seat and slot
	order []*oggFile
}

// oggFile is one that is being written.
type oggFile struct {
	voice Voice
	part  string
	f     *os.File
	buf   *bufio.Writer
	w     *ogg.Writer
}

func (o *oggs) run() error {
	tracks := o.src.mkv.Tracks
	for p, err := range o.src.mkv.Packets(o.src.mkv.Start(0, 0, 0)) {
		if err != nil {
			return err
		}
		if tracks[p.Track].Kind != matroska.Audio {
			continue
		}
		f, err := o.file(tracks[p.Track])
		if err != nil {
			return err
		}
		in, ok := o.src.input(p)
		if err := f.w.Write(p.PTS, p.Data, ok && in.frame.Level >= quietLevel); err != nil {
			return err
		}
	}
	return nil
}

// file is that of a track's sender: all his tracks of a slot are one, for an Opus decoder takes whatever comes.
func (o *oggs) file(t matroska.Track) (*oggFile, error) {
	id := t.UID >> 24
	if f := o.files[id]; f != nil {
		return f, nil
	}
	if len(o.order) >= maxVoices {
		return nil, fmt.Errorf("there are more than %d voices", maxVoices)
	}
	name := o.src.nameOf(int(id>>2), t.Name)
	if id&3 != media.SlotMain {
		name += " (screen sound)"
	}
	f := &oggFile{voice: Voice{Name: name, File: o.path(name)}}
	f.part = f.voice.File + ".part"
	var err error
	if f.f, err = os.OpenFile(f.part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600); err != nil {
		return nil, err
	}
	o.files[id], o.order = f, append(o.order, f)
	f.buf = bufio.NewWriterSize(f.f, 64<<10)
	f.w, err = ogg.NewWriter(f.buf, uint32(id), matroska.OpusHead(t), name)
	return f, err
}

// nameOf is the name of who sits at a seat, by the story; without one, what the track is called.
func (s *Sealed) nameOf(seat int, track string) string {
	people, err := s.people()
	if i := slices.IndexFunc(people, func(p Person) bool { return p.Seat == seat }); err == nil && i >= 0 {
		return cmp.Or(people[i].Name, people[i].User)
	}
	return track
}

// finish brings the file to the disk.
func (f *oggFile) finish() (err error) {
	if f.w != nil {
		err = f.w.Close()
		f.voice.Duration, f.voice.Left = f.w.Length(), f.w.Left()
	}
	err = errors.Join(err, f.buf.Flush(), f.f.Sync())
	if info, e := f.f.Stat(); e == nil {
		f.voice.Bytes = info.Size()
	}
	return errors.Join(err, f.f.Close())
}

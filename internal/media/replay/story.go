package replay

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"scaip/internal/media"
)

// Storied is a media.Source that knows its story without being read: a sealed file's.
type Storied interface {
	// Story returns the content of AttachmentName; false if the source has none.
	Story() (json.RawMessage, bool, error)
}

var _ Storied = (*Sealed)(nil)

// Story implements Storied.
func (s *Sealed) Story() (json.RawMessage, bool, error) { return s.mkv.Attachment(AttachmentName) }

// Call returns the call's ID by the file's story; "" if the file has none.
func (s *Sealed) Call() string {
	var a attachment
	if raw, ok, err := s.Story(); err != nil || !ok || json.Unmarshal(raw, &a) != nil {
		return ""
	}
	return a.Call
}

// people are those who had a seat, by the file's story; none if the file has none.
func (s *Sealed) people() ([]Person, error) {
	var a attachment
	raw, ok, err := s.Story()
	if err != nil || !ok {
		return nil, err
	}
	err = json.Unmarshal(raw, &a)
	return a.People, err
}

// Start returns when the call began; zero if the file does not say it.
func (s *Sealed) Start() time.Time { return s.mkv.Date }

// Tell returns the story of a call, in the shape of AttachmentName's content: that of its file, or one that is made of o.About and of who is heard in src by
// now. The latter reads all sound of the call, and does not know who shared a screen. Of o it takes Call, Title, Start and About.
func Tell(ctx context.Context, src media.Source, o Options) (json.RawMessage, error) {
	if s, ok := src.(Storied); ok {
		if raw, ok, err := s.Story(); err != nil || ok {
			return raw, err
		}
	}
	t := newTeller(o)
	for pieces, err := range src.Frames(ctx, media.Audio, 0) {
		if err != nil {
			return nil, fmt.Errorf("tell call %s: %w", o.Call, err)
		}
		if len(pieces) == 0 {
			break // all there is by now
		}
		for _, p := range pieces {
			if !p.Config && p.Track&3 == media.SlotMain {
				t.talks.hear(p.Seat(), p.PTS, p.Level)
			}
		}
	}
	end, err := src.End(ctx)
	if err != nil {
		return nil, fmt.Errorf("tell call %s: %w", o.Call, err)
	}
	raw, err := json.Marshal(t.attachment(0, end))
	if err != nil {
		return nil, fmt.Errorf("tell call %s: %w", o.Call, err)
	}
	return raw, nil
}

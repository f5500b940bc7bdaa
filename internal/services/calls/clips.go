package calls

import (
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"scaip/internal/event"
	"scaip/internal/store"
)

// Bounds of clips.
const (
	maxClips   = 100 // of a call, that are not revoked
	maxClip    = 4 * time.Hour
	maxMoment  = int64(1) << 53
	clipAhead  = 366 * 24 * time.Hour
	hashLength = 64 // of a SHA-256 in hex
)

// makeClip is for members of the group, of a call that is over.
func makeClip(r store.Reader, e event.Envelope) ([]event.Body, error) {
	b, err := event.Ask[event.CallsMakeClip](e)
	if err != nil {
		return nil, err
	}
	c, _, err := find(r, e, b.Call)
	if err != nil {
		return nil, err
	}
	title, err := checkClip(b, e.At)
	switch {
	case err != nil:
		return nil, err
	case operator(e):
		return nil, event.Refuse(event.Invalid, "Only a user can make a clip.")
	case c.State != ended:
		return nil, event.Refuse(event.Conflict, "Clips are made of calls that are over.")
	case c.Gone:
		return nil, event.Refuse(event.NotFound, "The recording of this call was not kept.")
	}
	if err := notBarred(r, e.Actor); err != nil {
		return nil, err
	}
	if n, err := count(tableClips.Scan(r, store.Range{Prefix: b.Call + "/"})); err != nil {
		return nil, err
	} else if n >= maxClips {
		return nil, event.Refuse(event.Conflict, fmt.Sprintf("There are at most %d clips of a call; revoke one first.", maxClips))
	}
	return []event.Body{event.CallsClipMade{Call: b.Call, Group: c.Group, Clip: event.DeriveID(e, "clip"), Maker: e.Actor, From: b.From, To: b.To, Title: title,
		Hash: b.Hash, Expires: b.Expires.UTC().Truncate(time.Millisecond), Members: b.Members}}, nil
}

// checkClip refuses what is no clip.
func checkClip(b event.CallsMakeClip, now time.Time) (title string, err error) {
	raw, err := hex.DecodeString(b.Hash)
	switch {
	case err != nil || len(raw) != hashLength/2 || b.Hash != strings.ToLower(b.Hash):
		return "", event.Refuse(event.Invalid, "The hash is the SHA-256 of the clip's token, in hex.")
	case b.From < 0 || b.To <= b.From || b.To > maxMoment:
		return "", event.Refuse(event.Invalid, "A clip ends after it begins.")
	case b.To-b.From > maxClip.Microseconds():
		return "", event.Refuse(event.Invalid, "A clip is at most four hours long.")
	case !b.Expires.After(now):
		return "", event.Refuse(event.Invalid, "A clip can't expire at a time that has passed.")
	case b.Expires.Sub(now) > clipAhead:
		return "", event.Refuse(event.Invalid, "A clip expires within a year.")
	}
	return checkTitle(b.Title)
}

// revokeClip is for who made it, and for owners of the group.
func revokeClip(r store.Reader, e event.Envelope) ([]event.Body, error) {
	b, err := event.Ask[event.CallsRevokeClip](e)
	if err != nil {
		return nil, err
	}
	c, role, err := find(r, e, b.Call)
	if err != nil {
		return nil, err
	}
	if err := event.CheckID("clip", b.Clip); err != nil {
		return nil, err
	}
	clip, ok, err := tableClips.Get(r, pair(b.Call, b.Clip))
	switch {
	case err != nil:
		return nil, err
	case !ok:
		return nil, event.Refuse(event.NotFound, "There is no such clip.")
	case clip.Maker != e.Actor && role != event.GroupOwner:
		return nil, event.Refuse(event.Denied, "Only who made the clip or an owner of the group can revoke it.")
	}
	return []event.Body{event.CallsClipRevoked{Call: b.Call, Group: c.Group, Clip: b.Clip}}, nil
}

// applyClip keeps which clips there are.
func applyClip(tx store.Tx, e event.Envelope) error {
	if e.Type == (event.CallsClipRevoked{}).EventType() {
		b, err := event.As[event.CallsClipRevoked](e)
		if err != nil {
			return err
		}
		return tableClips.Delete(tx, pair(b.Call, b.Clip))
	}
	b, err := event.As[event.CallsClipMade](e)
	if err != nil {
		return err
	}
	return tableClips.Put(tx, pair(b.Call, b.Clip), clip{Maker: b.Maker, Expires: b.Expires})
}

package query

import (
	"scaip/internal/event"
	"scaip/internal/store"
)

// keepClips keeps which clips there are. Those of a recording that is gone go with it.
func keepClips(tx store.Tx, e event.Envelope) error {
	switch e.Type {
	case "calls.clip_made":
		b, err := event.As[event.CallsClipMade](e)
		if err != nil {
			return err
		}
		if err := tableClipsOf.Put(tx, pair(b.Call, b.Clip), b.Hash); err != nil {
			return err
		}
		return tableClips.Put(tx, b.Hash, clip{ID: b.Clip, Call: b.Call, Maker: b.Maker, Made: e.At, From: b.From, To: b.To, Title: b.Title, Expires: b.Expires,
			Members: b.Members})
	case "calls.clip_revoked":
		b, err := event.As[event.CallsClipRevoked](e)
		if err != nil {
			return err
		}
		return dropClips(tx, pair(b.Call, b.Clip))
	case "calls.forgotten":
		b, err := event.As[event.CallsForgotten](e)
		if err != nil {
			return err
		}
		return dropClips(tx, b.Call+"/")
	case "calls.deleted":
		b, err := event.As[event.CallsDeleted](e)
		if err != nil {
			return err
		}
		return dropClips(tx, b.Call+"/")
	}
	return nil
}

// dropClips removes the clips whose call/clip begins so.
func dropClips(tx store.Tx, prefix string) error {
	var rows []store.Entry[string]
	for row, err := range tableClipsOf.Scan(tx, store.Range{Prefix: prefix}) {
		if err != nil {
			return err
		}
		rows = append(rows, row)
	}
	for _, row := range rows {
		if err := tableClips.Delete(tx, row.Value); err != nil {
			return err
		}
		if err := tableClipsOf.Delete(tx, row.Key); err != nil {
			return err
		}
	}
	return nil
}

package replay

import (
	"encoding/json"
	"errors"
	"testing"

	"scaip/internal/log"
	"scaip/internal/media"
)

// FuzzRecords: whatever is in the log, an export ends without panic, sorted, and what is not in the file is counted.
func FuzzRecords(f *testing.F) {
	raw, err := json.Marshal(vp8)
	if err != nil {
		f.Fatal(err)
	}
	config := media.Frame{Config: true, Track: 4, Payload: raw}.Append(nil)
	key := media.Frame{Key: true, Track: 4, Seq: 1, PTS: 1000, Payload: []byte{1}}.Append(nil)
	f.Add(config, key, media.Frame{Track: 4, Seq: 2, PTS: 2000, Payload: []byte{2}}.Append(nil))
	f.Add(key, config, []byte{})
	f.Fuzz(func(t *testing.T, a, b, c []byte) {
		call := newCall(t)
		for _, kind := range []string{media.Audio, media.Video} {
			for _, v := range [][]byte{a, b, c, a, c, b} {
				call.recs[kind] = append(call.recs[kind], log.Record{Value: v})
			}
		}
		call.write()
		w := &collector{}
		e := newExporter(Options{Log: call.log, Call: "c1"}, w)
		if err := e.run(t.Context()); err != nil && !errors.Is(err, ErrEmpty) {
			t.Fatal(err)
		}
		for i := range w.packets {
			if i > 0 && w.packets[i].PTS < w.packets[i-1].PTS {
				t.Errorf("packet %d is out of order", i)
			}
		}
		if r := e.result(); r.Frames != len(w.packets) || r.Frames+r.Skipped.Total() > 12 {
			t.Errorf("%d frames and %d skipped of 12 records, %d packets", r.Frames, r.Skipped.Total(), len(w.packets))
		}
	})
}

package replay

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"scaip/internal/media"
)

// What is told of a call does not depend on whether its file is made yet.
func TestStoryFromLogAndFromFile(t *testing.T) {
	c := talkedCall(t, 45*time.Second)
	path, _ := seal(t, c, Options{})
	sealed, err := OpenSealed(path)
	if err != nil {
		t.Fatal(err)
	}
	defer sealed.Close()
	o := Options{Call: "c1", Title: "Team", Start: start, About: aboutCall()}
	tell := func(src media.Source) (a attachment) {
		raw, err := Tell(t.Context(), src, o)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, &a); err != nil {
			t.Fatal(err)
		}
		return a
	}
	fromFile := tell(sealed)
	fromLog := tell(media.LogSource{Log: c.log, Call: "c1", Start: start})
	if got := sealed.Call(); got != "c1" {
		t.Errorf("the file is of call %q, want c1", got)
	}
	if len(fromFile.Talk) == 0 || !reflect.DeepEqual(fromLog.Talk, fromFile.Talk) {
		t.Errorf("talk from the log %+v\nfrom the file %+v", fromLog.Talk, fromFile.Talk)
	}
	if !reflect.DeepEqual(fromLog.Chat, fromFile.Chat) || !reflect.DeepEqual(fromLog.People, fromFile.People) {
		t.Errorf("from the log %+v\nfrom the file %+v", fromLog, fromFile)
	}
}

func TestSharesLastOverStillPictures(t *testing.T) {
	s := talks{hang: shareHang, open: map[int]*talk{}}
	for _, at := range []int64{0, 5e6, 10e6, 30e6, 31e6} {
		s.see(2, at)
	}
	want := []talk{{Seat: 2, From: 0, To: 10e6 + frameLen}, {Seat: 2, From: 30e6, To: 31e6 + frameLen}}
	if got := s.all(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

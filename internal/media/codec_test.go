package media

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
)

// vectors is testdata/frames.json, which the JavaScript tests read too.
type vectors struct {
	Valid []struct {
		Name   string
		Hex    string
		Frames []struct {
			Key, Config                bool
			Temporal, Rendition, Level uint8
			Track                      uint16
			Seq                        uint32
			PTS                        int64
			Payload                    string
		}
	}
	Malformed []struct {
		Name   string
		Hex    string
		Frames int
	}
}

func loadVectors(t testing.TB) vectors {
	t.Helper()
	raw, err := os.ReadFile("../../testdata/frames.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	if len(v.Valid) < 10 || len(v.Malformed) < 20 {
		t.Fatalf("read %d and %d vectors", len(v.Valid), len(v.Malformed))
	}
	return v
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestValidVectors(t *testing.T) {
	for _, v := range loadVectors(t).Valid {
		t.Run(v.Name, func(t *testing.T) {
			msg := unhex(t, v.Hex)
			rest := msg
			var back []byte
			for i, w := range v.Frames {
				f, r, err := ParseFrame(rest)
				if err != nil {
					t.Fatalf("frame %d: %v", i, err)
				}
				want := Frame{w.Key, w.Config, w.Temporal, w.Rendition, w.Level, w.Track, w.Seq, w.PTS, unhex(t, w.Payload)}
				if !reflect.DeepEqual(f, want) {
					t.Errorf("frame %d: got %+v, want %+v", i, f, want)
				}
				if f.Size() != len(rest)-len(r) {
					t.Errorf("frame %d: Size %d, was %d bytes", i, f.Size(), len(rest)-len(r))
				}
				back, rest = f.Append(back), r
			}
			if len(rest) != 0 {
				t.Errorf("%d bytes are left", len(rest))
			}
			if !bytes.Equal(back, msg) {
				t.Errorf("encoded again: %x, want %x", back, msg)
			}
		})
	}
}

func TestMalformedVectors(t *testing.T) {
	reasons := map[string]bool{}
	for _, v := range loadVectors(t).Malformed {
		t.Run(v.Name, func(t *testing.T) {
			good := 0
			f, rest, err := ParseFrame(unhex(t, v.Hex))
			for ; err == nil && len(rest) > 0; good++ {
				f, rest, err = ParseFrame(rest)
			}
			if !errors.Is(err, ErrMalformed) {
				t.Fatalf("got %v and %+v, want ErrMalformed", err, f)
			}
			if good != v.Frames {
				t.Errorf("error after %d frames, want %d", good, v.Frames)
			}
			if !reflect.DeepEqual(f, Frame{}) || rest != nil {
				t.Errorf("with the error came %+v and %d bytes", f, len(rest))
			}
			reasons[strings.TrimRight(err.Error(), "0123456789")] = true
		})
	}
	if len(reasons) < 10 {
		t.Errorf("only %d different reasons: %v", len(reasons), reasons)
	}
}

func FuzzParseFrame(f *testing.F) {
	v := loadVectors(f)
	for _, x := range v.Valid {
		f.Add(unhex(f, x.Hex))
	}
	for _, x := range v.Malformed {
		f.Add(unhex(f, x.Hex))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		fr, rest, err := ParseFrame(b)
		if err != nil {
			if !errors.Is(err, ErrMalformed) {
				t.Fatalf("error of another kind: %v", err)
			}
			return
		}
		if got := append(fr.Append(nil), rest...); !bytes.Equal(got, b) {
			t.Fatalf("parsed and encoded again %x is %x", b, got)
		}
		if fr.Config {
			for _, kind := range []string{Audio, Video} {
				if c, err := ParseConfig(kind, fr.Payload); err == nil && (c.User == "" || c.Codec == "") {
					t.Fatalf("config without user or codec: %+v", c)
				}
			}
		}
	})
}

func TestParseConfig(t *testing.T) {
	const audio = `{"user":"u-1","name":"Ada","codec":"opus","sampleRate":48000,"channels":1}`
	const video = `{"user":"u-1","name":"Ada","codec":"vp8","width":640,"height":480}`
	for _, tc := range []struct {
		name, kind, payload string
		ok                  bool
	}{
		{"audio", Audio, audio, true},
		{"video", Video, video, true},
		{"no name", Video, strings.Replace(video, "Ada", "", 1), true},
		{"a field of tomorrow", Video, strings.Replace(video, "{", `{"fps":30,`, 1), true},
		{"vp9 profile", Video, strings.Replace(video, "vp8", "vp09.00.10.08", 1), true},
		{"h264 with description", Video, strings.Replace(video, `"vp8"`, `"avc1.42E01F","extra":"AWQA"`, 1), true},
		{"audio as video", Video, audio, false},
		{"video as audio", Audio, video, false},
		{"no user", Video, strings.Replace(video, "u-1", "", 1), false},
		{"user is a path", Video, strings.Replace(video, "u-1", "../x", 1), false},
		{"long name", Video, strings.Replace(video, "Ada", strings.Repeat("é", 65), 1), false},
		{"newline in name", Video, strings.Replace(video, "Ada", `A\nda`, 1), false},
		{"unknown codec", Video, strings.Replace(video, "vp8", "theora", 1), false},
		{"family only", Video, strings.Replace(video, "vp8", "vp08.", 1), false},
		{"endless codec", Video, strings.Replace(video, "vp8", "vp09."+strings.Repeat("0", 80), 1), false},
		{"no width", Video, strings.Replace(video, "640", "0", 1), false},
		{"huge", Video, strings.Replace(video, "480", "8193", 1), false},
		{"negative", Video, strings.Replace(video, "480", "-1", 1), false},
		{"sample rate", Audio, strings.Replace(audio, "48000", "1", 1), false},
		{"channels", Audio, strings.Replace(audio, `"channels":1`, `"channels":3`, 1), false},
		{"extra is not base64", Video, strings.Replace(video, "{", `{"extra":"!",`, 1), false},
		{"not JSON", Video, "\x00\x01", false},
		{"null", Video, "null", false},
		{"two objects", Video, video + video, false},
		{"array", Video, "[" + video + "]", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, err := ParseConfig(tc.kind, []byte(tc.payload))
			if (err == nil) != tc.ok {
				t.Fatalf("got %+v, %v, want ok %v", c, err, tc.ok)
			}
			if err != nil && !errors.Is(err, ErrMalformed) {
				t.Errorf("error %v is not ErrMalformed", err)
			}
		})
	}
}

func TestFrameCheck(t *testing.T) {
	for _, tc := range []struct {
		name, kind string
		f          Frame
		ok         bool
	}{
		{"audio key", Audio, Frame{Key: true, Level: 20}, true},
		{"audio delta", Audio, Frame{}, false},
		{"audio config", Audio, Frame{Config: true}, true},
		{"video delta", Video, Frame{}, true},
		{"video with level", Video, Frame{Key: true, Level: 1}, false},
	} {
		if err := tc.f.Check(tc.kind); (err == nil) != tc.ok {
			t.Errorf("%s: %v, want ok %v", tc.name, err, tc.ok)
		}
	}
}

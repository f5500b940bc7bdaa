package media

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"scaip/internal/event"
	"scaip/internal/log"
)

// Kinds of media: each has its socket, its topic and its hub.
const (
	Audio = "audio"
	Video = "video"
)

// Topic is where a call's frames of a kind are.
func Topic(call, kind string) log.Topic { return log.Topic("call." + call + "." + kind) }

// Codecs that the client may send and a download may hold (WebCodecs registry): one by its whole name, or a family by its prefix.
var (
	audioCodecs = []string{"opus"}
	videoCodecs = []string{"vp8", "vp9", "vp09.", "av01.", "avc1.", "avc3."}
)

// ParseConfig reads the payload of a config frame of a kind. Fields it does not know are ignored, so that clients may add
// some. Errors are ErrMalformed: not one JSON object, no valid user ID, a name over 64 characters or with control characters, a
// codec not known for the kind, a picture of more than 8,192 pixels a side, other than 8 to 192 kHz and 1 or 2 channels.
func ParseConfig(kind string, payload []byte) (Config, error) {
	var c Config
	d := json.NewDecoder(bytes.NewReader(payload))
	if err := d.Decode(&c); err != nil {
		return Config{}, malformed("config is not as documented: %v", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return Config{}, malformed("config is more than one JSON object")
	}
	switch {
	case !event.ValidID(c.User):
		return Config{}, malformed("config names no user")
	case utf8.RuneCountInString(c.Name) > 64 || strings.ContainsFunc(c.Name, unicode.IsControl):
		return Config{}, malformed("config has no proper name")
	case kind == Audio:
		return c, c.checkAudio()
	}
	return c, c.checkVideo()
}

func (c Config) checkAudio() error {
	switch {
	case !known(audioCodecs, c.Codec):
		return malformed("codec %.32q is not known for audio", c.Codec)
	case c.SampleRate < 8000 || c.SampleRate > 192000:
		return malformed("sample rate %d is out of bounds", c.SampleRate)
	case c.Channels < 1 || c.Channels > 2:
		return malformed("%d channels are out of bounds", c.Channels)
	}
	return nil
}

func (c Config) checkVideo() error {
	const maxSide = 8192
	switch {
	case !known(videoCodecs, c.Codec):
		return malformed("codec %.32q is not known for video", c.Codec)
	case c.Width < 1 || c.Width > maxSide || c.Height < 1 || c.Height > maxSide:
		return malformed("picture of %d × %d is out of bounds", c.Width, c.Height)
	}
	return nil
}

func known(codecs []string, codec string) bool {
	for _, k := range codecs {
		if codec == k || strings.HasSuffix(k, ".") && strings.HasPrefix(codec, k) && len(codec) <= 64 {
			return true
		}
	}
	return false
}

// Check says what a frame may not be in a topic of its kind, beyond its form: audio frames are keys (each can be decoded by
// itself), video frames have no level.
func (f Frame) Check(kind string) error {
	switch {
	case kind == Audio && !f.Key && !f.Config:
		return malformed("an audio frame is always a key frame")
	case kind == Video && f.Level != 0:
		return malformed("a video frame has no level")
	}
	return nil
}

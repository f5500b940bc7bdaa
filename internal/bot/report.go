package bot

import (
	"cmp"
	"slices"
	"time"

	"scaip/internal/client"
	"scaip/internal/media"
)

// Report is what a bot did and found, stable as JSON. Sizes are in bytes.
type Report struct {
	Call    string  `json:"call"`
	User    string  `json:"user"`
	Seconds float64 `json:"seconds"`
	Sent    struct {
		Audio Sent `json:"audio"`
		Video Sent `json:"video"`
	} `json:"sent"`
	Refused  int       `json:"refused"` // refusals of one's own frames
	Received []*Check  `json:"received,omitempty"`
	Latency  Latencies `json:"latency"` // of all frames received live
	Faults   int       `json:"faults"`  // sum of what is wrong in Received, losses left out
}

// Latencies are from the time a frame was captured to its arrival here.
type Latencies struct {
	Audio media.Latency `json:"audio"`
	Video media.Latency `json:"video"`
}

// Sent counts what went out on one kind of socket.
type Sent struct {
	Frames  int   `json:"frames"`
	Bytes   int64 `json:"bytes"`
	Late    int   `json:"late"`    // more than 100 ms behind their time: this machine, or the network, was too slow
	Sockets int   `json:"sockets"` // connections; more than 1: reconnected
}

// Check counts what came of one track.
type Check struct {
	Kind    string        `json:"kind"`
	Track   uint16        `json:"track"`
	User    string        `json:"user"`
	Name    string        `json:"name"`
	Codec   string        `json:"codec"`
	Frames  int           `json:"frames"`
	Bytes   int64         `json:"bytes"`
	Keys    int           `json:"keys"`
	Configs int           `json:"configs"`
	Gaps    int           `json:"gaps"` // places where frames are missing
	Lost    int           `json:"lost"` // frames that are missing there
	Latency media.Latency `json:"latency"`

	// What a sound server never lets happen.
	Unconfigured int `json:"unconfigured"` // frames before any config
	Undecodable  int `json:"undecodable"`  // video that does not begin with a key frame, after a config or after a gap
	Backwards    int `json:"backwards"`    // times or numbers that do not grow
	Malformed    int `json:"malformed"`    // configs that are none

	config  bool // the next frame may have any number
	needKey bool
	seq     uint32
	pts     int64
	latency media.Histogram
}

// check takes a frame as it comes from a socket.
func (l *lane) check(m *client.Media, f media.Frame) { l.checkAt(f, m.Opened(), m.Now()) }

// checkAt takes a frame that came at now on a socket opened at opened. After a gap the server goes on at a key frame, or with temporal
// layers left out.
func (l *lane) checkAt(f media.Frame, opened, now int64) {
	c := l.checks[f.Track]
	if c == nil {
		c = &Check{Kind: l.kind, Track: f.Track, config: true, pts: -1}
		l.checks[f.Track] = c
	}
	if f.Config {
		c.configure(l.kind, f)
		return
	}
	if n := l.b.o.Counter; n != nil {
		n.Add(1)
	}
	if n := l.b.o.Bytes; n != nil {
		n.Add(int64(media.HeaderSize + len(f.Payload)))
	}
	c.Frames++
	c.Bytes += int64(len(f.Payload))
	if f.Key {
		c.Keys++
	}
	if c.Configs == 0 {
		c.Unconfigured++
	}
	gap := int32(f.Seq-c.seq) - 1
	if c.config {
		gap = 0
	}
	switch {
	case gap > 0:
		c.Gaps++
		c.Lost += int(gap)
		c.needKey = c.needKey || l.kind == media.Video && f.Temporal == 0
	case gap < 0:
		c.Backwards++
	}
	if f.PTS <= c.pts {
		c.Backwards++
	}
	if c.needKey && !f.Key && l.kind == media.Video {
		c.Undecodable++
	}
	c.config, c.needKey, c.seq, c.pts = false, c.needKey && !f.Key, f.Seq, f.PTS
	if f.PTS > opened { // what is older is the run since the last key frame, which is no latency
		d := time.Duration(now-f.PTS) * time.Microsecond
		c.latency.Add(d)
		l.latency.Add(d)
	}
}

// configure takes a config frame. The same config again (after one's own reconnection) leads back in time, to the last key frame.
func (c *Check) configure(kind string, f media.Frame) {
	cfg, err := media.ParseConfig(kind, f.Payload)
	if err != nil {
		c.Malformed++
		return
	}
	c.Configs++
	c.User, c.Name, c.Codec = cfg.User, cfg.Name, cfg.Codec
	c.config, c.needKey, c.pts = true, kind == media.Video, -1
}

// report sums up, when the lanes have ended.
func (b *bot) report() Report {
	r := Report{Call: b.call, User: b.user, Seconds: time.Since(b.began).Seconds()}
	for _, l := range b.lanes {
		for _, c := range l.checks {
			c.Latency = c.latency.Summary()
			r.Received = append(r.Received, c)
			r.Faults += c.Unconfigured + c.Undecodable + c.Backwards + c.Malformed
		}
		all := l.latency.Summary()
		r.Refused += l.refused
		if l.kind == media.Audio {
			r.Sent.Audio, r.Latency.Audio = l.sent, all
		} else {
			r.Sent.Video, r.Latency.Video = l.sent, all
		}
	}
	slices.SortFunc(r.Received, func(a, b *Check) int { return cmp.Or(cmp.Compare(a.Track, b.Track), cmp.Compare(a.Kind, b.Kind)) })
	return r
}

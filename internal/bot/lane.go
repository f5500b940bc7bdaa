package bot

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"scaip/internal/client"
	"scaip/internal/event"
	"scaip/internal/media"
	"scaip/internal/media/matroska"
)

// errPlayed ends a lane whose clip is over.
var errPlayed = errors.New("the clip is over")

// lane is a bot's business with one kind of media.
type lane struct {
	b    *bot
	kind string

	track   matroska.Track
	packets []matroska.Packet // of the clip's first track of this kind
	levels  []uint8           // of packets; video: nil
	length  int64             // of the whole clip, µs

	seq     uint32
	sent    Sent
	checks  map[uint16]*Check
	latency *media.Histogram // of all tracks
	began   bool             // its first socket has opened
	playing bool
	played  bool
	refused int
}

func newLane(b *bot, kind string) *lane {
	l := &lane{b: b, kind: kind, checks: map[uint16]*Check{}, latency: b.o.Latency[kind]}
	if l.latency == nil {
		l.latency = &media.Histogram{}
	}
	clip := b.o.Clip
	if clip == nil {
		return l
	}
	for i, t := range clip.Tracks {
		if string(t.Kind) != kind {
			continue
		}
		l.track = t
		for _, p := range clip.Packets {
			if p.Track == i {
				l.packets = append(l.packets, p)
			}
		}
		l.length = max(clip.Duration.Microseconds(), 1)
		break
	}
	if kind == media.Audio {
		l.levels = levels(l.packets, b.o.Level)
	}
	return l
}

// idle reports whether there is nothing to do.
func (l *lane) idle() bool { return len(l.packets) == 0 && !l.b.o.Receive }

// keep keeps the socket open and plays into it. errPlayed: the clip is over.
func (l *lane) keep(ctx context.Context) error {
	o := client.MediaOptions{Call: l.b.call, Kind: l.kind, SendOnly: !l.b.o.Receive, ReceiveOnly: len(l.packets) == 0,
		Refuse: func(event.Refusal) { l.refused++ }}
	if l.b.o.Receive {
		o.Handle = l.check
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	err := l.b.o.Client.KeepMedia(ctx, o, func(ctx context.Context, m *client.Media) error {
		l.sent.Sockets++
		l.b.o.Logger.Debug("media socket open", "kind", l.kind, "call", l.b.call, "seat", m.Seat())
		if len(l.packets) == 0 {
			<-ctx.Done()
			return nil
		}
		err := l.play(ctx, m)
		if errors.Is(err, errPlayed) {
			l.played = true
			cancel()
			return nil
		}
		return err
	})
	if l.played {
		return errPlayed
	}
	return err
}

// play sends what is due until ctx ends or the clip does. It begins where the clip is by now, with a config and a key frame.
func (l *lane) play(ctx context.Context, m *client.Media) error {
	zero, err := l.b.begin(ctx, l, m.Now())
	if err != nil {
		return nil
	}
	now := max(m.Now(), zero)
	if !l.playing { // waiting for the other socket took a moment, of which the clip loses nothing
		l.playing, now = true, zero
	}
	round, i := l.find(now - zero)
	if err := l.configure(ctx, m, now); err != nil {
		return err
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	begun := l.kind == media.Audio
	for {
		if i == len(l.packets) {
			if i, round = 0, round+1; !l.b.o.Loop {
				return errPlayed
			}
		}
		p := l.packets[i]
		begun = begun || p.Key
		if begun {
			pts := zero + round*l.length + p.PTS.Microseconds()
			if err := l.wait(ctx, timer, time.Duration(pts-m.Now())*time.Microsecond); err != nil {
				return nil
			}
			f := media.Frame{Key: p.Key, Track: m.Track(), Seq: l.seq, PTS: pts, Payload: p.Data}
			if l.levels != nil {
				f.Level = l.levels[i]
			}
			if err := m.Send(ctx, f); err != nil {
				return err
			}
			l.seq++
			l.sent.Frames++
			l.sent.Bytes += int64(len(p.Data))
		}
		i++
	}
}

// find returns the place in the clip at a time since its beginning: how many times it has been played, and the next packet.
func (l *lane) find(since int64) (round int64, next int) {
	round = since / l.length
	for next < len(l.packets) && l.packets[next].PTS.Microseconds() < since%l.length {
		next++
	}
	if !l.b.o.Loop && round > 0 {
		return 0, len(l.packets)
	}
	return round, next
}

// configure sends the config frame.
func (l *lane) configure(ctx context.Context, m *client.Media, pts int64) error {
	raw, err := json.Marshal(media.Config{User: l.b.user, Name: l.b.name, Codec: l.track.Codec, Width: l.track.Width, Height: l.track.Height,
		SampleRate: l.track.SampleRate, Channels: l.track.Channels, Extra: l.track.Private})
	if err != nil {
		return err
	}
	f := media.Frame{Config: true, Track: m.Track(), Seq: l.seq, PTS: pts, Payload: raw}
	l.seq++
	return m.Send(ctx, f)
}

// wait waits for d; at once if it is over.
func (l *lane) wait(ctx context.Context, t *time.Timer, d time.Duration) error {
	if d <= 0 {
		if d < -100*time.Millisecond {
			l.sent.Late++
		}
		return ctx.Err()
	}
	t.Reset(d)
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// levels guesses how loud each Opus packet is: the encoder of the clips spends few bytes on silence and many on loud speech, so the size
// of a packet against the largest of the clip, on a logarithmic scale, stands for its level. That ranks speakers plausibly; it is not a
// measurement, for which the packet would have to be decoded. fixed, unless 0, is taken for all.
func levels(packets []matroska.Packet, fixed int) []uint8 {
	most := 1
	for _, p := range packets {
		most = max(most, len(p.Data))
	}
	list := make([]uint8, len(packets))
	for i, p := range packets {
		switch n := len(p.Data); {
		case fixed > 0:
			list[i] = uint8(min(fixed, 127))
		case n <= 3: // DTX
			list[i] = 127
		default:
			l := 20 // dBov of the largest packet
			for ; n < most && l < 80; l += 8 {
				n += n / 4
			}
			list[i] = uint8(l)
		}
	}
	return list
}

package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"scaip/internal/bot"
	"scaip/internal/client"
	"scaip/internal/event"
	"scaip/internal/media"
	"scaip/internal/media/matroska"
	"scaip/internal/services/edge"
)

// CallOptions say how large the call is.
type CallOptions struct {
	Bots int            // 0: 15
	For  time.Duration  // of measuring, after some seconds of warming up; 0: 20 s
	Clip *matroska.Clip // what each bot plays in a loop

	// Relay is the command that runs [Relay] in a process of its own: the floor. Empty: no floor is measured.
	Relay []string
}

// Load is what a server does in a call, and what comes of it.
type Load struct {
	Cores     float64 `json:"cores"`                // of the server
	Resident  int64   `json:"resident_bytes"`       // of the server, at the end
	Delivered float64 `json:"delivered_per_second"` // frames, at all bots together
	Mbits     float64 `json:"delivered_mbit_per_second"`
	PerMbit   float64 `json:"cores_per_mbit"` // of the server, a Mbit/s delivered
	Audio     Spread  `json:"audio"`          // from capture at one bot to arrival at another
	Video     Spread  `json:"video"`
}

// CallResult is what came of a call.
type CallResult struct {
	Bots    int     `json:"bots"`
	Seconds float64 `json:"seconds"`
	Load

	Sent       int     `json:"sent"`       // frames, by all bots
	Late       int     `json:"late"`       // of them, over 100 ms behind their time: the measuring process is overloaded
	LostVideo  float64 `json:"lost_video"` // of the frames sent to each bot, the part that never came; audio of those who are not among the loudest is left out on purpose
	Faults     int     `json:"faults"`     // what may never happen: undecodable, unordered, malformed
	Reconnects int     `json:"reconnects"`

	ServerAudio *Spread `json:"server_audio,omitempty"` // from receive to send, by the server's own clock
	ServerVideo *Spread `json:"server_video,omitempty"`
	Dropped     uint64  `json:"dropped"` // frames, by the server's queues

	Floor *Load `json:"floor,omitempty"` // a relay that does nothing but copy: no log, no checks
}

const warmUp = 4 * time.Second

// Call measures a call of bots, each of whom receives all others.
func Call(ctx context.Context, t Target, o CallOptions) (CallResult, error) {
	o.Bots = orDefault(o.Bots, 15)
	if o.For == 0 {
		o.For = 20 * time.Second
	}
	r := CallResult{Bots: o.Bots}
	users, err := t.newUsers(ctx, o.Bots)
	if err != nil {
		return r, err
	}
	call, err := startCall(ctx, users)
	if err != nil {
		return r, err
	}
	run := newRun(o)
	for _, u := range users {
		run.options = append(run.options, bot.Options{Client: u.client, Call: call})
	}
	if err := run.play(ctx, t.PID); err != nil {
		return r, err
	}
	r.fill(run)
	if err := r.ask(ctx, t); err != nil {
		return r, err
	}
	if len(o.Relay) > 0 {
		r.Floor, err = relayFloor(ctx, o)
	}
	return r, err
}

// startCall makes a group of all and starts its call.
func startCall(ctx context.Context, users []user) (string, error) {
	list, stop, err := connect(ctx, users)
	if err != nil {
		return "", err
	}
	defer stop()
	group, err := newGroup(ctx, list)
	if err != nil {
		return "", err
	}
	e, err := list[0].socket.Send(ctx, event.CallsStart{Group: group, Title: "Bench"})
	if err != nil {
		return "", err
	}
	started, err := event.As[event.CallsStarted](e)
	if err != nil {
		return "", err
	}
	return started.Call, nil
}

// run is some bots in a call, measured.
type run struct {
	o            CallOptions
	options      []bot.Options
	audio, video *media.Histogram // of the time that counts
	frames       *atomic.Int64
	bytes        *atomic.Int64
	reports      []bot.Report
	load         Load
	seconds      float64
}

func newRun(o CallOptions) *run {
	return &run{o: o, audio: &media.Histogram{}, video: &media.Histogram{}, frames: &atomic.Int64{}, bytes: &atomic.Int64{}}
}

// play lets the bots play; pid is the server's.
func (r *run) play(ctx context.Context, pid int) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r.reports = make([]bot.Report, len(r.options))
	errs := make([]error, len(r.options))
	var wg sync.WaitGroup
	for i, o := range r.options {
		o.Clip, o.Loop, o.Receive, o.Counter = r.o.Clip, true, true, r.frames
		o.Bytes = r.bytes
		o.Latency = map[string]*media.Histogram{media.Audio: r.audio, media.Video: r.video}
		wg.Go(func() {
			// Not all at once, or all key frames would come together, which no call of people does.
			if sleep(ctx, time.Duration(i)*2*time.Second/time.Duration(len(r.options))) == nil {
				r.reports[i], errs[i] = bot.Run(ctx, o)
			}
			if errs[i] != nil {
				cancel()
			}
		})
	}
	err := r.measure(ctx, pid)
	cancel()
	wg.Wait()
	if failed := errors.Join(errs...); failed != nil {
		return fmt.Errorf("bots: %w", failed)
	}
	return err
}

// measure reads the usage of the server around the time that counts.
func (r *run) measure(ctx context.Context, pid int) error {
	if err := sleep(ctx, 2*time.Second+warmUp); err != nil {
		return err
	}
	t := Target{PID: pid}
	before, err := t.usage()
	if err != nil {
		return err
	}
	frames, bytes := r.frames.Load(), r.bytes.Load()
	if err := sleep(ctx, r.o.For); err != nil {
		return err
	}
	after, err := t.usage()
	if err != nil {
		return err
	}
	r.seconds = after.at.Sub(before.at).Seconds()
	r.load = Load{Cores: cores(before, after), Resident: after.resident, Delivered: float64(r.frames.Load()-frames) / r.seconds,
		Mbits: float64(r.bytes.Load()-bytes) * 8 / 1e6 / r.seconds, Audio: summary(r.audio), Video: summary(r.video)}
	r.load.PerMbit = r.load.Cores / r.load.Mbits
	return nil
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// fill takes over what the bots say.
func (r *CallResult) fill(run *run) {
	r.Load, r.Seconds = run.load, run.seconds
	var came, lost int
	for _, p := range run.reports {
		r.Sent += p.Sent.Audio.Frames + p.Sent.Video.Frames
		r.Late += p.Sent.Audio.Late + p.Sent.Video.Late
		r.Reconnects += max(p.Sent.Audio.Sockets-1, 0) + max(p.Sent.Video.Sockets-1, 0)
		r.Faults += p.Faults
		for _, c := range p.Received {
			if c.Kind == media.Video {
				came += c.Frames
				lost += c.Lost
			}
		}
	}
	if came+lost > 0 {
		r.LostVideo = float64(lost) / float64(came+lost)
	}
}

// ask takes over what the server's edges say of themselves since their start.
func (r *CallResult) ask(ctx context.Context, t Target) error {
	var status struct {
		Media []edge.Stats `json:"media"`
	}
	if err := t.Admin.Do(ctx, "GET", "/admin/status", nil, &status); err != nil {
		return err
	}
	for _, s := range status.Media {
		spread := &Spread{P50: milliseconds(s.Latency.P50), P99: milliseconds(s.Latency.P99), Max: milliseconds(s.Latency.Max)}
		if s.Service == media.Audio {
			r.ServerAudio = spread
		} else {
			r.ServerVideo = spread
		}
		r.Dropped += s.Dropped
	}
	return nil
}

// relayFloor lets as many bots play over the relay.
func relayFloor(ctx context.Context, o CallOptions) (*Load, error) {
	p, err := startRelay(o.Relay)
	if err != nil {
		return nil, err
	}
	defer p.stop()
	run := newRun(o)
	for i := range o.Bots {
		c := &client.Client{URL: p.url, HTTP: newHTTP(nil)}
		run.options = append(run.options, bot.Options{Client: c, Call: "floor", Name: fmt.Sprintf("bot-%d", i), Seated: true})
	}
	if err := run.play(ctx, p.cmd.Process.Pid); err != nil {
		return nil, fmt.Errorf("measure relay: %w", err)
	}
	return &run.load, nil
}

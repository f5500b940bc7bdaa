package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"scaip/internal/client"
	"scaip/internal/event"
	"scaip/internal/media"
)

// ChatOptions say how much is written.
type ChatOptions struct {
	Clients int           // in one group; 0: 100
	Rate    int           // posts a second by all together; 0: 200
	For     time.Duration // 0: 10 s
	Writers int           // clients that then post as fast as they may, each in a group of its own; 0: 250
}

// ChatResult is what came of it.
type ChatResult struct {
	Clients    int     `json:"clients"`
	Rate       int     `json:"rate"`       // posts a second, asked for
	Posted     int     `json:"posted"`     // in all
	Delivered  int64   `json:"delivered"`  // to all clients together
	Expected   int64   `json:"expected"`   // posts × clients
	Delivery   Spread  `json:"delivery"`   // from before the sending to the arrival at each client
	Answer     Spread  `json:"answer"`     // to the sender's answer
	FloorDisk  Spread  `json:"floor_disk"` // six small appends, each synced
	Cores      float64 `json:"cores"`      // of the daemon, meanwhile
	MaxWriters int     `json:"max_writers"`
	MaxRate    float64 `json:"max_rate"`   // posts a second acknowledged to MaxWriters who post without pause, each in a group of his own
	MaxAnswer  Spread  `json:"max_answer"` // to the answer, meanwhile
}

// listener is a client that notes when posts arrive.
type listener struct {
	user
	socket  *client.Socket
	arrived *media.Histogram
	count   *atomic.Int64
}

// Chat measures posts from sending to delivery, then how many a second the daemon acknowledges.
func Chat(ctx context.Context, t Target, o ChatOptions) (ChatResult, error) {
	o.Clients, o.Rate, o.Writers = orDefault(o.Clients, 100), orDefault(o.Rate, 200), orDefault(o.Writers, 250)
	if o.For == 0 {
		o.For = 10 * time.Second
	}
	r := ChatResult{Clients: o.Clients, Rate: o.Rate, MaxWriters: o.Writers}
	var err error
	if r.FloorDisk, err = diskFloor(t.Dir); err != nil {
		return r, err
	}
	users, err := t.newUsers(ctx, max(o.Clients, o.Writers))
	if err != nil {
		return r, err
	}
	if err := t.paced(ctx, o, users[:o.Clients], &r); err != nil {
		return r, err
	}
	return r, t.flat(ctx, users[:o.Writers], o.For, &r)
}

func orDefault(n, or int) int {
	if n == 0 {
		return or
	}
	return n
}

// connect opens the sockets of all; stop closes them.
func connect(ctx context.Context, users []user) (list []*listener, stop func(), err error) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	stop = func() { cancel(); wg.Wait() }
	arrived, count := &media.Histogram{}, &atomic.Int64{}
	up := make(chan struct{}, len(users))
	for _, u := range users {
		l := &listener{user: u, arrived: arrived, count: count}
		greeted := false
		l.socket = u.client.NewSocket(client.SocketOptions{Peek: l.hear, Handle: func(in client.Incoming) {
			if in.Hello != nil && !greeted {
				greeted = true
				up <- struct{}{}
			}
		}})
		wg.Go(func() { _ = l.socket.Run(ctx) })
		list = append(list, l)
	}
	for range users {
		select {
		case <-up:
		case <-ctx.Done():
			stop()
			return nil, nil, ctx.Err()
		case <-time.After(30 * time.Second):
			stop()
			return nil, nil, errors.New("connect clients: not all are connected after 30 s")
		}
	}
	return list, stop, nil
}

// hear notes the arrival of a post, whose text begins with the time of its sending, and says whether that is all there is to it: one's own
// answers a command. It does not decode what all of a group get, or the machine would be busy with that.
func (l *listener) hear(raw []byte) bool {
	now := time.Now().UnixNano()
	if !bytes.Contains(raw, []byte(`"type":"messaging.posted"`)) {
		return false
	}
	_, text, _ := bytes.Cut(raw, []byte(`"text":"`))
	stamp, _, _ := bytes.Cut(text, []byte(" "))
	if sent, err := strconv.ParseInt(string(stamp), 10, 64); err == nil {
		l.arrived.Add(time.Duration(now - sent))
		l.count.Add(1)
	}
	return !bytes.Contains(raw, []byte(`"actor":"`+l.id+`"`))
}

// text is a post of about a line, which begins with the time.
func text() string {
	return strconv.FormatInt(time.Now().UnixNano(), 10) + " The quick brown fox jumps over the lazy dog and posts it."
}

// paced posts at the rate asked for.
func (t Target) paced(ctx context.Context, o ChatOptions, users []user, r *ChatResult) error {
	list, stop, err := connect(ctx, users)
	if err != nil {
		return err
	}
	defer stop()
	group, err := newGroup(ctx, list)
	if err != nil {
		return err
	}
	before, _ := t.usage()
	answers := make([]time.Duration, int(o.For.Seconds()*float64(o.Rate)))
	errs := make([]error, len(answers))
	var wg sync.WaitGroup
	tick := time.NewTicker(time.Second / time.Duration(o.Rate))
	defer tick.Stop()
	for i := range answers {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		wg.Go(func() {
			began := time.Now()
			_, errs[i] = list[i%len(list)].socket.Send(ctx, event.MessagingPost{Group: group, Text: text()})
			answers[i] = time.Since(began)
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("post: %w", err)
	}
	r.Posted, r.Expected = len(answers), int64(len(answers)*len(list))
	for deadline := time.Now().Add(5 * time.Second); list[0].count.Load() < r.Expected && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	after, _ := t.usage()
	r.Cores = cores(before, after)
	r.Delivered = list[0].count.Load()
	r.Answer, r.Delivery = spread(answers), summary(list[0].arrived)
	return nil
}

// summary is the Spread of a histogram.
func summary(h *media.Histogram) Spread {
	l := h.Summary()
	return Spread{P50: milliseconds(l.P50), P99: milliseconds(l.P99), Max: milliseconds(l.Max)}
}

// usage is that of the daemon; zero if it is on another machine.
func (t Target) usage() (usage, error) {
	if t.PID == 0 {
		return usage{at: time.Now()}, nil
	}
	return usageOf(t.PID)
}

// newGroup makes a group of all; it returns when the last one hears a post in it.
func newGroup(ctx context.Context, list []*listener) (string, error) {
	const atOnce = 100 // members that a group may begin with
	first := list[0]
	g := event.GroupsCreate{Name: "Bench"}
	for _, l := range list[1:min(len(list), atOnce)] {
		g.Members = append(g.Members, l.id)
	}
	e, err := first.socket.Send(ctx, g)
	if err != nil {
		return "", err
	}
	made, err := event.As[event.GroupsCreated](e)
	if err != nil {
		return "", fmt.Errorf("make group: %w", err)
	}
	for i := atOnce; i < len(list); i++ {
		if err := patiently(ctx, func() error {
			_, err := first.socket.Send(ctx, event.GroupsAddMember{Group: made.Group, User: list[i].id})
			return err
		}); err != nil {
			return "", err
		}
	}
	// Messaging hears of the group a moment after its maker does; and the connections are warm then.
	for range 50 {
		if err := patiently(ctx, func() error {
			_, err := list[len(list)-1].socket.Send(ctx, event.MessagingPost{Group: made.Group, Text: "hello"})
			return err
		}); err != nil {
			return "", err
		}
	}
	return made.Group, nil
}

// patiently tries f again for some seconds while it is refused because it is too early or too much.
func patiently(ctx context.Context, f func() error) error {
	for deadline := time.Now().Add(10 * time.Second); ; {
		err := f()
		r, refused := event.AsRefusal(err)
		if err == nil || !refused || r.Code != event.TooMany && r.Code != event.NotFound || time.Now().After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// flat posts without pause: each writer sends the next post when the one before is acknowledged, as fast as the limit of
// posts a user allows. A group of one's own each, so that acknowledging is measured and not delivering.
func (t Target) flat(ctx context.Context, users []user, d time.Duration, r *ChatResult) error {
	list, stop, err := connect(ctx, users)
	if err != nil {
		return err
	}
	defer stop()
	groups := make([]string, len(list))
	for i, l := range list {
		if groups[i], err = newOwnGroup(ctx, l); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	var wg sync.WaitGroup
	var mu sync.Mutex
	var answers []time.Duration
	var failed error
	began := time.Now()
	for i, l := range list {
		wg.Go(func() {
			mine, err := l.postAll(ctx, groups[i])
			mu.Lock()
			defer mu.Unlock()
			answers = append(answers, mine...)
			failed = errors.Join(failed, err)
		})
	}
	wg.Wait()
	r.MaxRate = float64(len(answers)) / time.Since(began).Seconds()
	r.MaxAnswer = spread(answers)
	return failed
}

// newOwnGroup makes a group of one.
func newOwnGroup(ctx context.Context, l *listener) (string, error) {
	e, err := l.socket.Send(ctx, event.GroupsCreate{Name: "Own"})
	if err != nil {
		return "", err
	}
	made, err := event.As[event.GroupsCreated](e)
	if err != nil {
		return "", err
	}
	return made.Group, patiently(ctx, func() error {
		_, err := l.socket.Send(ctx, event.MessagingPost{Group: made.Group, Text: "hello"})
		return err
	})
}

// postAll posts until ctx ends, as fast as it is let.
func (l *listener) postAll(ctx context.Context, group string) ([]time.Duration, error) {
	var answers []time.Duration
	for {
		began := time.Now()
		_, err := l.socket.Send(ctx, event.MessagingPost{Group: group, Text: text()})
		if ctx.Err() != nil {
			return answers, nil
		}
		r, refused := event.AsRefusal(err)
		switch {
		case err == nil:
			answers = append(answers, time.Since(began))
		case refused && r.Code == event.TooMany:
			select {
			case <-ctx.Done():
				return answers, nil
			case <-time.After(50 * time.Millisecond):
			}
		default:
			return answers, err
		}
	}
}

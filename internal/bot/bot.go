// Package bot is a participant without a screen: it joins a call through the ordinary sockets, plays a clip in real time and checks
// what it hears and sees.
//
// It guarantees: the clip's times stay on the call's clock for as long as it plays, over every loop and every break of a connection;
// after a break it goes on by itself, in the same seat, with a config and a key frame; many bots may share a clip and a process.
package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"scaip/internal/client"
	"scaip/internal/event"
	"scaip/internal/media"
	"scaip/internal/media/matroska"
)

// Options say what a bot does.
type Options struct {
	Client *client.Client // with a session: the bot is its user

	Name string // the display name beside the frames; empty: asked of the server

	Call  string        // the call to join; or
	Group string        // the name (or ID) of one of the user's groups, whose running call is joined
	Wait  time.Duration // how long to wait for that call to begin; 0: 10 s

	Clip    *matroska.Clip // what to play; nil: only listens
	Loop    bool           // play it again and again; else the bot leaves at its end
	For     time.Duration  // leave after this time; 0: when the clip or the call ends, or ctx
	Receive bool           // take in and check what the others send
	Level   int            // 1 to 127: the level of all audio in −dBov; 0: guessed from the size of each packet

	// Latency, by kind, is where the latencies of what is received are counted; several bots may share one. May be nil.
	Latency map[string]*media.Histogram

	// Counter counts all frames received, Bytes what they weigh, with their headers, of all bots that share them; may be nil.
	Counter, Bytes *atomic.Int64

	// Seated: the bot, called Name, sits in Call already. It neither joins nor leaves, and uses nothing but the media sockets.
	Seated bool

	Logger *slog.Logger // nil: silent
}

// Run joins the call and returns when the bot has left it: at the end of its time, its clip (unless it loops), the call or ctx, which are no
// errors. The report holds what happened until then even if there is an error. Refusals: NotFound (no such group, or no call runs there),
// Unauthentic, Conflict (another device took over), Denied.
func Run(ctx context.Context, o Options) (Report, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.For > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.For)
		defer cancel()
	}
	b := &bot{o: o, began: time.Now()}
	err := b.run(ctx)
	if ctx.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)) {
		err = nil
	}
	return b.report(), err
}

// bot is one run. Its lanes belong to their goroutines until these have ended.
type bot struct {
	o     Options
	began time.Time
	call  string
	user  string
	name  string
	lanes []*lane

	mu    sync.Mutex
	wait  int           // for so many lanes before the clip begins
	zero  int64         // where on the call's clock it began, in µs
	start chan struct{} // closed when it has begun
}

const leaveWithin = 3 * time.Second

func (b *bot) run(ctx context.Context) error {
	var err error
	if b.call, err = findCall(ctx, b.o); err != nil {
		return err
	}
	if b.o.Seated {
		b.user, b.name = b.o.Name, b.o.Name
		return b.play(ctx)
	}
	me, err := b.o.Client.Me(ctx)
	if err != nil {
		return fmt.Errorf("ask who one is: %w", err)
	}
	b.user, b.name = me.User.ID, cmp.Or(b.o.Name, me.User.Name, me.User.Login)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	socketCtx, closeSocket := context.WithCancel(context.WithoutCancel(ctx)) // it has to say goodbye after ctx
	socket := b.o.Client.NewSocket(client.SocketOptions{})
	ended := make(chan error, 1)
	go func() { ended <- socket.Run(socketCtx) }()
	defer func() { closeSocket(); <-ended }()

	for {
		if _, err := socket.Send(ctx, event.CallsJoin{Call: b.call}); err != nil {
			return fmt.Errorf("join call: %w", err)
		}
		err := b.play(ctx)
		if r, ok := event.AsRefusal(err); ok && r.Code == event.Denied && ctx.Err() == nil && b.running(ctx) {
			b.o.Logger.Info("lost the seat, joining again", "call", b.call)
			continue
		}
		leave, done := context.WithTimeout(context.WithoutCancel(ctx), leaveWithin)
		defer done()
		_, _ = socket.Send(leave, event.CallsLeave{Call: b.call}) // who can't say goodbye is missed soon
		return err
	}
}

// running reports whether the call still runs.
func (b *bot) running(ctx context.Context) bool {
	c, err := b.o.Client.Call(ctx, b.call)
	return err == nil && c.State == "running"
}

// findCall returns the call's ID.
func findCall(ctx context.Context, o Options) (string, error) {
	if o.Call != "" {
		return o.Call, nil
	}
	wait := o.Wait
	if wait == 0 {
		wait = 10 * time.Second
	}
	deadline := time.Now().Add(wait)
	for {
		groups, err := o.Client.Groups(ctx)
		if err != nil {
			return "", fmt.Errorf("find call: %w", err)
		}
		missing := event.Refuse(event.NotFound, fmt.Sprintf("You are in no group %q.", o.Group))
		for _, g := range groups {
			if g.Name != o.Group && g.ID != o.Group {
				continue
			}
			if g.Call != "" {
				return g.Call, nil
			}
			missing = event.Refuse(event.NotFound, fmt.Sprintf("No call runs in %q.", o.Group))
		}
		if time.Now().After(deadline) {
			return "", missing
		}
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(250 * time.Millisecond):
		}
	}
}

// play keeps both media sockets busy until the clip or the call ends.
func (b *bot) play(ctx context.Context) error {
	if b.lanes == nil {
		b.lanes = []*lane{newLane(b, media.Audio), newLane(b, media.Video)}
		b.start = make(chan struct{})
		for _, l := range b.lanes {
			if len(l.packets) > 0 {
				b.wait++
			}
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	errs := make(chan error, len(b.lanes))
	used := 0
	for _, l := range b.lanes {
		if l.idle() {
			continue
		}
		used++
		go func() { errs <- l.keep(ctx) }()
	}
	var first error
	playing := 0
	for _, l := range b.lanes {
		if !l.idle() && len(l.packets) > 0 {
			playing++
		}
	}
	for range used {
		err := <-errs
		if errors.Is(err, errPlayed) {
			if playing--; playing > 0 {
				continue // the other one is not at its end yet
			}
			err = nil
		}
		if first == nil {
			first = err
		}
		cancel() // the end of the call or an error of one is that of both
	}
	return first
}

// begin returns where on the call's clock the clip begins: when the last of the lanes that play has opened its socket at now.
func (b *bot) begin(ctx context.Context, l *lane, now int64) (int64, error) {
	b.mu.Lock()
	if !l.began {
		l.began = true
		b.zero = max(b.zero, now)
		if b.wait--; b.wait == 0 {
			close(b.start)
		}
	}
	b.mu.Unlock()
	select {
	case <-b.start:
		return b.zero, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// Package natslog is the log on NATS JetStream: a server embedded in this process (Serve) or elsewhere (Open).
//
// A topic is a stream with one subject; a record is a message; its offset is the message's sequence − 1. Streams are made
// so that sequences are dense: nobody can delete single messages. docs/wire.md has the names and the headers.
//
// It guarantees what log.Admin says, and: an Append to an embedded server with Sync 0 is on disk when it returns.
// JetStream's own bookkeeping of consumers is not used for anything that must last.
package natslog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"scaip/internal/log"
)

// Options say how a Log uses its server.
type Options struct {
	// Name of the client in the server's lists.
	Name string

	// Replicas of each topic that is made, 1 to 5. 0: 1.
	Replicas int

	// Timeout limits each request to the server for which ctx sets no earlier end. 0: 10 s.
	Timeout time.Duration

	// Logger takes warnings about the connection. nil: none.
	Logger *slog.Logger
}

// Log is a log.Admin on a JetStream server. Make it with Server.Log or Open.
type Log struct {
	nc       *nats.Conn
	js       jetstream.JetStream
	ledger   *ledger // of an embedded server whose appends are durable when they return; else nil
	replicas int
	timeout  time.Duration
	logger   *slog.Logger

	closed chan struct{} // closed when Close begins or the connection has ended for good

	mu          sync.Mutex
	closing     bool
	mailboxes   []*mailbox     // that are free
	reconnected chan struct{}  // closed and replaced at every reconnection
	appends     sync.WaitGroup // Appends under way
}

var _ log.Admin = (*Log)(nil)

// Open connects to a server (nats://, tls://; several addresses with commas between). It fails if none answers; later a
// broken connection is repaired for as long as it takes. The server must be 2.14 or newer with JetStream.
func Open(ctx context.Context, url string, o Options) (*Log, error) {
	l, err := open(ctx, url, o, nats.MaxReconnects(-1), nats.ReconnectWait(250*time.Millisecond), nats.ReconnectJitter(50*time.Millisecond, 200*time.Millisecond))
	if err != nil {
		return nil, err
	}
	if most := l.nc.MaxPayload(); most < log.MaxValue+4096 {
		l.logger.Warn("the log server takes only small records", "max_payload", most, "wanted", log.MaxValue+4096)
	}
	return l, nil
}

func open(ctx context.Context, url string, o Options, opts ...nats.Option) (*Log, error) {
	l := &Log{replicas: max(o.Replicas, 1), timeout: o.Timeout, logger: o.Logger,
		closed: make(chan struct{}), reconnected: make(chan struct{})}
	if l.logger == nil {
		l.logger = slog.New(slog.DiscardHandler)
	}
	if l.timeout <= 0 {
		l.timeout = 10 * time.Second
	}
	if end, ok := ctx.Deadline(); ok {
		opts = append(opts, nats.Timeout(time.Until(end)))
	}
	nc, err := nats.Connect(url, append(opts,
		nats.Name(o.Name),
		// What is published while there is no connection must fail, not wait: a part of a batch would be sent later.
		nats.ReconnectBufSize(-1),
		nats.PingInterval(20*time.Second),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				l.logger.Warn("lost the connection to the log server", "error", err)
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) { l.onReconnect() }),
		nats.ClosedHandler(func(*nats.Conn) { l.end() }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { l.logger.Warn("log connection", "error", err) }),
	)...)
	if err != nil {
		return nil, fmt.Errorf("connect to log server: %w", err)
	}
	js, err := jetstream.New(nc, jetstream.WithDefaultTimeout(l.timeout))
	if err != nil {
		nc.Close()
		return nil, fmt.Errorf("connect to log server: %w", err)
	}
	l.nc, l.js = nc, js
	ctx, cancel := l.limit(ctx)
	defer cancel()
	if _, err := js.AccountInfo(ctx); err != nil {
		nc.Close()
		return nil, fmt.Errorf("ask log server for JetStream: %w", err)
	}
	return l, nil
}

// Close implements log.Admin. Readers end by themselves; it doesn't wait for them.
func (l *Log) Close() error {
	l.end()
	l.appends.Wait()
	l.nc.Close()
	return nil
}

// end makes readers and new calls fail with log.ErrClosed.
func (l *Log) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closing = true
	select {
	case <-l.closed:
	default:
		close(l.closed)
	}
}

func (l *Log) onReconnect() {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.reconnected)
	l.reconnected = make(chan struct{})
}

// reconnection returns the channel that the next reconnection closes.
func (l *Log) reconnection() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.reconnected
}

// usable says whether anything can be done with a topic of this name.
func (l *Log) usable(t log.Topic) error {
	if !t.Valid() {
		return log.ErrBadTopic
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closing {
		return log.ErrClosed
	}
	return nil
}

// limit gives ctx the Log's timeout, as the server may not answer at all (a full disk).
func (l *Log) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, l.timeout)
}

// What JetStream answers, by its error code.
const (
	codeNoResources     jetstream.ErrorCode = 10023 // the server's limit of all streams
	codeMaximumBytes    jetstream.ErrorCode = 10047 // a stream's limit doesn't fit into the server's
	codeStoreFailed     jetstream.ErrorCode = 10077 // among others a stream's limit
	codeTooLarge        jetstream.ErrorCode = 10054
	codeAccountExceeded jetstream.ErrorCode = 10002
	codeCreateFailed    jetstream.ErrorCode = 10049
)

func isCode(err error, code jetstream.ErrorCode) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && api.ErrorCode == code
}

// translate wraps err in the log's word for it, if there is one.
func (l *Log) translate(err error) error {
	var api *jetstream.APIError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, nats.ErrConnectionClosed):
		return fmt.Errorf("%w: %w", log.ErrClosed, err)
	case errors.Is(err, nats.ErrMaxPayload):
		return fmt.Errorf("%w: %w", log.ErrTooLarge, err)
	case errors.Is(err, jetstream.ErrStreamNotFound):
		return fmt.Errorf("%w: %w", log.ErrNoTopic, err)
	case !errors.As(err, &api):
		return err
	}
	switch api.ErrorCode {
	case codeNoResources, codeMaximumBytes, codeAccountExceeded:
		return fmt.Errorf("%w: %w", log.ErrFull, err)
	case codeTooLarge:
		return fmt.Errorf("%w: %w", log.ErrTooLarge, err)
	case codeStoreFailed:
		if api.Description == "maximum bytes exceeded" || api.Description == "maximum messages exceeded" {
			return fmt.Errorf("%w: %w", log.ErrFull, err)
		}
	}
	return err
}

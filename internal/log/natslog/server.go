package natslog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// ServerOptions say what an embedded server keeps and how.
type ServerOptions struct {
	// Dir holds the server's files; it is made if missing. Nothing locks it: two servers on one directory eat each
	// other's records, so the caller holds a lock over it for as long as the server runs.
	Dir string

	// Name of the server, for its messages: "events", "media".
	Name string

	// Sync is how often what was appended is flushed to the disk; that much is lost at most when the machine (not the
	// process) dies. 0: with every append, before it returns.
	Sync time.Duration

	// MaxBytes limits all topics together; Append beyond gives log.ErrFull. It must be below what the disk has to spare,
	// because a server that meets the end of the disk stays dead until it is restarted. 0: no limit.
	MaxBytes int64

	// Logger takes the server's warnings and errors. nil: none.
	Logger *slog.Logger
}

// Server is a JetStream server in this process, reachable only from this process.
type Server struct {
	server *server.Server
	ledger *ledger // nil if Sync is not 0
	logger *slog.Logger
}

// How an embedded server is limited. Its payload takes log.MaxValue with its headers. Streams are on disk, so that little
// memory is for JetStream.
const (
	maxPayload   = 2 << 20
	maxMemory    = 64 << 20
	startTimeout = 30 * time.Second
)

// Serve starts a server. Close stops it.
func Serve(o ServerOptions) (*Server, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = 1 << 62
	}
	s, err := server.NewServer(&server.Options{
		ServerName:             o.Name,
		StoreDir:               o.Dir,
		JetStream:              true,
		JetStreamMaxStore:      o.MaxBytes,
		JetStreamMaxMemory:     maxMemory,
		SyncInterval:           o.Sync, // 0: its default; what was appended is durable before, see ledger
		MaxPayload:             maxPayload,
		DontListen:             true,
		NoSigs:                 true,
		DisableJetStreamBanner: true,
	})
	if err != nil {
		return nil, fmt.Errorf("start log server %s: %w", o.Name, err)
	}
	l := &serverLogger{logger: o.Logger.With("server", o.Name)}
	s.SetLoggerV2(l, false, false, false)
	s.Start()
	if err := l.fatal(); err != nil || !s.ReadyForConnections(startTimeout) || !s.JetStreamEnabled() {
		s.Shutdown()
		s.WaitForShutdown()
		return nil, fmt.Errorf("start log server %s: %w", o.Name, errors.Join(errors.New("not ready"), l.fatal()))
	}
	found := &Server{server: s, logger: o.Logger}
	if o.Sync == 0 {
		found.ledger = newLedger(o.Dir)
	}
	return found, nil
}

// Log returns a connection to the server. Its Close, or the server's, ends it.
func (s *Server) Log() (*Log, error) {
	l, err := open(context.Background(), "", Options{Logger: s.logger}, nats.InProcessServer(s.server), nats.NoReconnect())
	if err == nil {
		l.ledger = s.ledger
	}
	return l, err
}

// Close stops the server and waits until its files are complete and closed. Its Logs end: close them first, so that
// their appends are not cut off.
func (s *Server) Close() {
	s.server.Shutdown()
	s.server.WaitForShutdown()
}

// serverLogger hands the server's messages on. The server doesn't exit on a fatal error; Serve asks for it.
type serverLogger struct {
	logger *slog.Logger

	mu  sync.Mutex
	err error
}

func (l *serverLogger) Fatalf(format string, v ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err = fmt.Errorf(format, v...)
}

func (l *serverLogger) fatal() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

func (l *serverLogger) Errorf(format string, v ...any)  { l.logger.Error(fmt.Sprintf(format, v...)) }
func (l *serverLogger) Warnf(format string, v ...any)   { l.logger.Warn(fmt.Sprintf(format, v...)) }
func (l *serverLogger) Noticef(format string, v ...any) { l.logger.Debug(fmt.Sprintf(format, v...)) }
func (l *serverLogger) Debugf(format string, v ...any)  {}
func (l *serverLogger) Tracef(format string, v ...any)  {}

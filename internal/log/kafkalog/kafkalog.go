// Package kafkalog is the log on Kafka. A topic is a Kafka topic of one partition; docs/wire.md has the headers.
//
// It guarantees what log.Admin says, with these differences: Kafka knows no limits that refuse records, so Retention is
// not obeyed; Kafka takes topics that differ only in '.' and '_' for the same.
//
// Records are produced by an idempotent producer with acknowledgement from all replicas in sync, one batch at a time in a
// topic, and read as committed from directly assigned partitions. No consumer groups: readers keep their offsets.
package kafkalog

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"scaip/internal/log"
)

// Options say how to reach the cluster and how to use it.
type Options struct {
	Brokers  []string    // host:port of some of the cluster's brokers
	TLS      *tls.Config // nil: no TLS
	Name     string      // of the client, in the brokers' logs and quotas
	Replicas int16       // of each topic that is made; 0: the cluster's default

	// Mechanism by which User and Password are shown: one of those below. "": none is.
	Mechanism      string
	User, Password string

	// Timeout limits each request to the cluster, with its retries, for which ctx sets no earlier end. 0: 15 s.
	Timeout time.Duration

	// Logger takes warnings. nil: none.
	Logger *slog.Logger
}

// The SASL mechanisms.
const (
	Plain       = "plain" // sends the password: for TLS only
	ScramSHA256 = "scram-sha-256"
	ScramSHA512 = "scram-sha-512"
)

// login returns the mechanism; nil if there is none.
func (o Options) login() (sasl.Mechanism, error) {
	secret := scram.Auth{User: o.User, Pass: o.Password}
	switch o.Mechanism {
	case "":
		return nil, nil
	case Plain:
		return plain.Auth{User: o.User, Pass: o.Password}.AsMechanism(), nil
	case ScramSHA256:
		return secret.AsSha256Mechanism(), nil
	case ScramSHA512:
		return secret.AsSha512Mechanism(), nil
	}
	return nil, fmt.Errorf("the SASL mechanism %q is not %s, %s or %s", o.Mechanism, Plain, ScramSHA256, ScramSHA512)
}

// Log is a log.Admin on a Kafka cluster. Make it with Open.
type Log struct {
	options Options
	admin   *kadm.Client
	closed  chan struct{} // closed when Close begins

	mu        sync.Mutex
	closing   bool
	producers map[log.Topic]*producer     // made by the first Append
	deletions map[log.Topic]chan struct{} // closed by Delete, for the topic's readers
	appends   sync.WaitGroup              // Appends under way
}

var _ log.Admin = (*Log)(nil)

// Open connects to a cluster. It fails if no broker answers; later broken connections are repaired.
func Open(ctx context.Context, o Options) (*Log, error) {
	if o.Timeout <= 0 {
		o.Timeout = 15 * time.Second
	}
	if o.Replicas <= 0 {
		o.Replicas = -1
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	l := &Log{options: o, closed: make(chan struct{}), producers: map[log.Topic]*producer{}, deletions: map[log.Topic]chan struct{}{}}
	client, err := l.client()
	if err != nil {
		return nil, fmt.Errorf("connect to Kafka: %w", err)
	}
	ctx, cancel := l.limit(ctx)
	defer cancel()
	if err := client.Ping(ctx); err != nil {
		client.Close()
		return nil, fmt.Errorf("connect to Kafka: %w", err)
	}
	l.admin = kadm.NewClient(client)
	return l, nil
}

// client makes a client of the cluster. Each producer and each reader has one, so that none waits for another.
func (l *Log) client(opts ...kgo.Opt) (*kgo.Client, error) {
	opts = append([]kgo.Opt{
		kgo.SeedBrokers(l.options.Brokers...),
		kgo.MetadataMinAge(100 * time.Millisecond), // a moved partition is found as fast
		kgo.RetryTimeout(l.options.Timeout),
		kgo.DisableClientMetrics(),
	}, opts...)
	if l.options.TLS != nil {
		opts = append(opts, kgo.DialTLSConfig(l.options.TLS))
	}
	login, err := l.options.login()
	if err != nil {
		return nil, err
	}
	if login != nil {
		opts = append(opts, kgo.SASL(login))
	}
	if l.options.Name != "" {
		opts = append(opts, kgo.ClientID(l.options.Name))
	}
	return kgo.NewClient(opts...)
}

// Close implements log.Admin. It waits for Appends under way, as long as the Log's timeout; those that the cluster has not
// answered then fail, and may have been appended.
func (l *Log) Close() error {
	l.mu.Lock()
	if l.closing {
		l.mu.Unlock()
		return nil
	}
	l.closing = true
	close(l.closed)
	l.mu.Unlock()
	done := make(chan struct{})
	go func() {
		l.appends.Wait()
		close(done)
	}()
	timer := time.NewTimer(l.options.Timeout)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	}
	l.mu.Lock()
	producers := l.producers
	l.producers = nil
	l.mu.Unlock()
	for _, p := range producers {
		p.client.Close() // fails what is not answered, which ends those Appends
	}
	<-done
	l.admin.Close()
	return nil
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

// limit gives ctx the Log's timeout.
func (l *Log) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, l.options.Timeout)
}

// deletion returns the channel that Delete of the topic closes.
func (l *Log) deletion(t log.Topic) <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.deletions[t]
	if c == nil {
		c = make(chan struct{})
		l.deletions[t] = c
	}
	return c
}

// translate wraps err in the log's word for it, if there is one.
func translate(err error) error {
	switch {
	case err == nil:
		return nil
	case isUnknown(err):
		return fmt.Errorf("%w: %w", log.ErrNoTopic, err)
	case errors.Is(err, kerr.MessageTooLarge), errors.Is(err, kerr.RecordListTooLarge):
		return fmt.Errorf("%w: %w", log.ErrTooLarge, err)
	case errors.Is(err, kerr.KafkaStorageError):
		return fmt.Errorf("%w: %w", log.ErrFull, err)
	case errors.Is(err, kgo.ErrClientClosed):
		return fmt.Errorf("%w: %w", log.ErrClosed, err)
	}
	return err
}

// isUnknown says whether err means that there is no such topic, or no longer.
func isUnknown(err error) bool {
	return errors.Is(err, kerr.UnknownTopicOrPartition) || errors.Is(err, kerr.UnknownTopicID) || errors.Is(err, kerr.InconsistentTopicID)
}

package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"scaip/internal/log"
	"scaip/internal/log/kafkalog"
	"scaip/internal/log/natslog"
)

// logForms are the addresses of logs, for people.
const logForms = "nats://[user:password@]host:port[,…][/prefix][?replicas=3], the same with tls://, kafka:// or kafka+tls://"

const maxReplicas = 5 // what JetStream takes

// A logURL says where a log is that is not embedded.
type logURL struct {
	scheme   string // "nats", "tls", "kafka" or "kafka+tls"
	hosts    []string
	prefix   string
	user     *url.Userinfo // nil: none
	replicas int           // of each topic that is made, 1 to maxReplicas; 0: the cluster's default
	sasl     string        // Kafka's mechanism; "": none
}

// parseLogURL reads one of logForms. Kafka's also takes sasl=plain, scram-sha-256 or scram-sha-512, the default where there is a user.
func parseLogURL(s string) (logURL, error) {
	u, err := parseHosts(s)
	if err != nil {
		return logURL{}, fmt.Errorf("%q is not %s", redact(s), logForms)
	}
	l := logURL{scheme: u.Scheme, prefix: strings.Trim(u.Path, "/"), user: u.User}
	if l.prefix == "" {
		l.prefix = DefaultPrefix
	}
	if l.scheme != "nats" && l.scheme != "tls" && !l.kafka() {
		return logURL{}, fmt.Errorf("a log is at nats://…, tls://…, kafka://… or kafka+tls://…, not %q", redact(s))
	}
	if !log.Topic(l.prefix+".x").Valid() || len(l.prefix) > 40 {
		return logURL{}, fmt.Errorf("the prefix %q of a log's topics has 1 to 40 of [a-z0-9._-]", l.prefix)
	}
	for host := range strings.SplitSeq(u.Host, ",") {
		if host == "" {
			return logURL{}, fmt.Errorf("%q names no host", redact(s))
		}
		l.hosts = append(l.hosts, host)
	}
	if err := l.options(u.RawQuery); err != nil {
		return logURL{}, fmt.Errorf("the log's address %q: %w", redact(s), err)
	}
	return l, nil
}

// parseHosts is url.Parse, which takes no list of hosts with ports: it gets the first.
func parseHosts(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err == nil {
		return u, nil
	}
	first, rest, more := strings.Cut(s, ",")
	tail := ""
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		rest, tail = rest[:i], rest[i:]
	}
	if u, err = url.Parse(first + tail); err != nil || !more {
		return nil, errors.New("not the address of a log")
	}
	u.Host += "," + rest
	return u, nil
}

// options reads what stands behind the question mark.
func (l *logURL) options(query string) error {
	q, err := url.ParseQuery(query)
	if err != nil {
		return errors.New("what stands behind the ? can't be read")
	}
	if l.user != nil && l.kafka() {
		l.sasl = kafkalog.ScramSHA512
	}
	for key, values := range q {
		value := values[0]
		switch {
		case key == "replicas":
			if l.replicas, err = strconv.Atoi(value); err != nil || l.replicas < 1 || l.replicas > maxReplicas {
				return fmt.Errorf("replicas are 1 to %d, not %q", maxReplicas, value)
			}
		case key == "sasl" && l.sasl != "":
			l.sasl = value
		default:
			return fmt.Errorf("%q is unknown here; there are replicas, and sasl with a Kafka user", key)
		}
	}
	if l.sasl == kafkalog.Plain && l.scheme != "kafka+tls" {
		return errors.New("sasl=plain sends the password as it is: only with kafka+tls://")
	}
	return nil
}

func (l logURL) kafka() bool { return l.scheme == "kafka" || l.scheme == "kafka+tls" }

// redact hides what stands before an @: it may be a password.
func redact(s string) string {
	scheme, rest, ok := strings.Cut(s, "://")
	if i := strings.LastIndex(rest, "@"); ok && i >= 0 {
		return scheme + "://…@" + rest[i+1:]
	}
	return s
}

func (l logURL) String() string { return l.scheme + "://" + strings.Join(l.hosts, ",") }

func (l logURL) connect(ctx context.Context, o natslog.ServerOptions) (log.Admin, error) {
	if l.kafka() {
		k := kafkalog.Options{Brokers: l.hosts, Name: "scaip-" + o.Name, Replicas: int16(l.replicas), Mechanism: l.sasl, Logger: o.Logger}
		if l.scheme == "kafka+tls" {
			k.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
		}
		if l.user != nil {
			k.User = l.user.Username()
			k.Password, _ = l.user.Password()
		}
		return kafkalog.Open(ctx, k)
	}
	servers := make([]string, len(l.hosts))
	for i, host := range l.hosts {
		servers[i] = (&url.URL{Scheme: l.scheme, User: l.user, Host: host}).String()
	}
	return natslog.Open(ctx, strings.Join(servers, ","), natslog.Options{Name: "scaip-" + o.Name, Replicas: l.replicas, Logger: o.Logger})
}

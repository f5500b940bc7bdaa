// Package prefixlog gives a log to one of several users of a cluster: all its topics have a common prefix there, which is not seen here.
package prefixlog

import (
	"context"
	"iter"
	"strings"
	"time"

	"scaip/internal/log"
)

// New returns the part of l whose topics begin with prefix and a dot: their names here may be that much shorter. Closing it closes l.
func New(l log.Admin, prefix string) log.Admin { return prefixed{l, prefix + "."} }

type prefixed struct {
	log    log.Admin
	prefix string
}

// to returns the topic's name in the cluster. A name that can't be a topic's stays one that can't.
func (p prefixed) to(t log.Topic) log.Topic {
	if !t.Valid() {
		return ""
	}
	return log.Topic(p.prefix) + t
}

func (p prefixed) Append(ctx context.Context, t log.Topic, rs ...log.Record) (int64, error) {
	return p.log.Append(ctx, p.to(t), rs...)
}

func (p prefixed) Read(ctx context.Context, t log.Topic, from int64) iter.Seq2[[]log.Record, error] {
	return p.log.Read(ctx, p.to(t), from)
}

func (p prefixed) Last(ctx context.Context, t log.Topic) (log.Record, bool, error) {
	return p.log.Last(ctx, p.to(t))
}

func (p prefixed) Bounds(ctx context.Context, t log.Topic) (log.Bounds, error) {
	return p.log.Bounds(ctx, p.to(t))
}

func (p prefixed) Create(ctx context.Context, t log.Topic, r log.Retention) error {
	return p.log.Create(ctx, p.to(t), r)
}

func (p prefixed) Delete(ctx context.Context, t log.Topic) error { return p.log.Delete(ctx, p.to(t)) }

func (p prefixed) Trim(ctx context.Context, t log.Topic, before int64) error {
	return p.log.Trim(ctx, p.to(t), before)
}

func (p prefixed) Topics(ctx context.Context, prefix string) ([]log.TopicInfo, error) {
	infos, err := p.log.Topics(ctx, p.prefix+prefix)
	for i := range infos {
		infos[i].Topic = log.Topic(strings.TrimPrefix(string(infos[i].Topic), p.prefix))
	}
	return infos, err
}

func (p prefixed) Seek(ctx context.Context, t log.Topic, at time.Time) (int64, error) {
	return p.log.Seek(ctx, p.to(t), at)
}

func (p prefixed) Close() error { return p.log.Close() }

package client

import (
	"context"
	"sync/atomic"
	"time"

	"scaip/internal/ws"
)

// beat notices a connection on which nothing comes any more.
type beat struct{ heard atomic.Int64 } // nanoseconds since start

func newBeat() *beat {
	b := &beat{}
	b.touch()
	return b
}

func (b *beat) touch() { b.heard.Store(time.Now().UnixNano()) }

// watch sends a ping every ten seconds and drops the connection after a long silence, until ctx ends.
func (b *beat) watch(ctx context.Context, conn *ws.Conn, ping func() []byte) {
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if time.Since(time.Unix(0, b.heard.Load())) > silenceAfter || conn.Write(ctx, false, ping()) != nil {
			conn.CloseNow()
			return
		}
	}
}

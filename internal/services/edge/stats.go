package edge

import (
	"sync"
	"sync/atomic"
	"time"

	"scaip/internal/media"
)

// counters count since the edge was made.
type counters struct {
	opened, shut, stuck          atomic.Uint64 // sockets
	framesIn, bytesIn            atomic.Uint64
	refused, hostile             atomic.Uint64
	logged, appendErrors         atomic.Uint64
	messages, framesOut          atomic.Uint64
	bytesOut                     atomic.Uint64
	latency, appendTime          media.Histogram
	appendSaid                   oncePerSecond
	retiredMu                    sync.Mutex
	retiredStray, retiredDropped uint64 // of rooms that have closed
}

func (c *counters) retire(h media.HubStats) {
	c.retiredMu.Lock()
	defer c.retiredMu.Unlock()
	c.retiredStray += h.Stray
	c.retiredDropped += h.Dropped
}

// Stats is a picture of an edge, for status and bench. Counters run since the start.
type Stats struct {
	Service string `json:"service"`
	Calls   int    `json:"calls"`   // with sockets
	Sockets int    `json:"sockets"` // open
	Viewers int    `json:"viewers"` // of them receiving
	Tracks  int    `json:"tracks"`  // live

	Opened uint64 `json:"opened"` // sockets since the start
	Stuck  uint64 `json:"stuck"`  // closed because they took nothing

	FramesIn     uint64 `json:"framesIn"`     // well-formed, from clients
	BytesIn      uint64 `json:"bytesIn"`      // of binary messages
	Refused      uint64 `json:"refused"`      // frames dropped at the door: too fast, wrong time, not decodable
	Hostile      uint64 `json:"hostile"`      // malformed messages and frames of others' tracks
	Logged       uint64 `json:"logged"`       // frames appended
	AppendErrors uint64 `json:"appendErrors"` // appends that failed

	FramesOut uint64        `json:"framesOut"` // written to sockets
	Messages  uint64        `json:"messages"`  // that they went in, with replies
	BytesOut  uint64        `json:"bytesOut"`
	Dropped   uint64        `json:"dropped"` // by the queues of slow viewers
	Stray     uint64        `json:"stray"`   // read from topics, of no live track
	Lag       time.Duration `json:"lag"`     // ns; of the viewer who is furthest behind

	Latency media.Latency `json:"latency"` // from read to write, a delivery
	Append  media.Latency `json:"append"`  // to the log
}

// Stats returns the numbers of now.
func (e *Edge) Stats() Stats {
	c := &e.counters
	s := Stats{
		Service: e.o.Service,
		Opened:  c.opened.Load(), Stuck: c.stuck.Load(),
		FramesIn: c.framesIn.Load(), BytesIn: c.bytesIn.Load(),
		Refused: c.refused.Load(), Hostile: c.hostile.Load(),
		Logged: c.logged.Load(), AppendErrors: c.appendErrors.Load(),
		FramesOut: c.framesOut.Load(), Messages: c.messages.Load(), BytesOut: c.bytesOut.Load(),
		Latency: c.latency.Summary(), Append: c.appendTime.Summary(),
	}
	s.Sockets = int(s.Opened - c.shut.Load())
	c.retiredMu.Lock()
	s.Stray, s.Dropped = c.retiredStray, c.retiredDropped
	c.retiredMu.Unlock()
	for _, h := range e.hubs() {
		hs := h.Stats()
		s.Calls++
		s.Viewers += hs.Viewers
		s.Tracks += hs.Tracks
		s.Dropped += hs.Dropped
		s.Stray += hs.Stray
		s.Lag = max(s.Lag, hs.Lag)
	}
	return s
}

// hubs returns those of the rooms that run.
func (e *Edge) hubs() []*media.Hub {
	e.mu.Lock()
	defer e.mu.Unlock()
	var hubs []*media.Hub
	for _, r := range e.rooms {
		select {
		case <-r.ready:
			if r.err == nil {
				hubs = append(hubs, r.hub)
			}
		default: // not yet
		}
	}
	return hubs
}

package edge

import (
	"sync/atomic"
	"time"

	"scaip/internal/media"
	"scaip/internal/ws"
)

// Close codes of the media sockets (docs/protocol.md).
const (
	closeNormal    = ws.Normal
	closeGoingAway = ws.GoingAway
	closePolicy    = ws.Policy
	closeTooSlow   = ws.TryLater
	closeCallEnded = ws.CallEnded
	closeReplaced  = ws.Replaced
)

// Bounds of a socket.
const (
	maxHostile   = 20       // malformed frames, then it is closed
	maxText      = 16 << 10 // bytes of a text message
	textRate     = 20       // text messages a second
	maxWaiting   = 256      // sockets that wait for their seat at once
	seatWait     = time.Second
	roomWait     = 10 * time.Second
	watchEvery   = 250 * time.Millisecond
	stuckAfter   = 10 * time.Second // of a write that does not end
	pingEvery    = 15 * time.Second // so that a peer who vanished is noticed
	pingTimeout  = 10 * time.Second
	closeTimeout = 1500 * time.Millisecond

	ptsBehind = int64(10 * time.Second / time.Microsecond)
	ptsAhead  = int64(time.Second / time.Microsecond)
)

// kindLimits are what docs/protocol.md allows a socket of a kind.
type kindLimits struct {
	frames, bytes float64 // a second
	notSent       int     // bytes that the kernel may hold back from a viewer's queue
	writeBuffer   int     // bytes: larger than most messages
	readBuffer    int     // bytes: larger than most frames
}

func limitsOf(kind string) kindLimits {
	if kind == media.Audio { // a voice and the sound of a tab in packets of 10 ms are 200 frames, and some come in bursts
		return kindLimits{frames: 250, bytes: 512e3 / 8, notSent: 8 << 10, writeBuffer: 4 << 10, readBuffer: 4 << 10}
	}
	return kindLimits{frames: 200, bytes: 8e6 / 8, notSent: 16 << 10, writeBuffer: 16 << 10, readBuffer: 16 << 10}
}

// bucket is a token bucket that holds one second's worth. Its zero value with a rate is full.
type bucket struct {
	rate   float64 // tokens a second
	tokens float64
	last   int64 // ns
}

func newBucket(rate float64) bucket { return bucket{rate: rate, tokens: rate} }

// take takes n tokens at now (ns), or none and says false.
func (b *bucket) take(n float64, now int64) bool {
	if b.last != 0 {
		b.tokens = min(b.rate, b.tokens+float64(now-b.last)/1e9*b.rate)
	}
	b.last = now
	if b.tokens < n {
		return false
	}
	b.tokens -= n
	return true
}

// oncePerSecond lets one through a second. Its zero value lets the first one through.
type oncePerSecond struct{ last atomic.Int64 }

func (o *oncePerSecond) allow(now int64) bool {
	last := o.last.Load()
	return (last == 0 || now-last >= int64(time.Second)) && o.last.CompareAndSwap(last, now)
}

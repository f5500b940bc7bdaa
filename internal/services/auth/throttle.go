package auth

import (
	"math"
	"net"
	"net/netip"
	"sync"
	"time"
)

// throttle is a token bucket a key, in memory. It keeps two generations of at most max keys each; when the younger is full the older
// is forgotten. So its memory is bounded, and what was used lately is kept.
type throttle struct {
	every time.Duration // one token comes back
	burst float64
	max   int

	mu         sync.Mutex
	young, old map[string]bucket
}

type bucket struct {
	tokens float64
	at     time.Time
}

func newThrottle(every time.Duration, burst, max int) *throttle {
	return &throttle{every: every, burst: float64(burst), max: max, young: map[string]bucket{}}
}

// take takes a token of key. If there is none it takes nothing and returns how long to wait for one.
func (t *throttle) take(key string, now time.Time) (wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.at(key, now)
	if b.tokens < 1 {
		wait = time.Duration((1 - b.tokens) * float64(t.every))
	} else {
		b.tokens--
	}
	t.put(key, b)
	return wait
}

// give gives a token back that was taken for nothing.
func (t *throttle) give(key string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.at(key, now)
	b.tokens = math.Min(t.burst, b.tokens+1)
	t.put(key, b)
}

func (t *throttle) at(key string, now time.Time) bucket {
	b, ok := t.young[key]
	if !ok {
		b, ok = t.old[key]
	}
	if !ok {
		return bucket{t.burst, now}
	}
	if d := now.Sub(b.at); d > 0 {
		b.tokens = math.Min(t.burst, b.tokens+float64(d)/float64(t.every))
		b.at = now
	}
	return b
}

func (t *throttle) put(key string, b bucket) {
	if _, ok := t.young[key]; !ok && len(t.young) >= t.max {
		t.old, t.young = t.young, map[string]bucket{}
	}
	t.young[key] = b
}

// network is the part of a peer's address that counts as one: an IPv4 address, the /64 of an IPv6 address. Proxies' headers are not
// believed. What is no address (a unix socket) is one key of its own.
func network(remote string) string {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		host = remote
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return "other"
	}
	if a = a.Unmap().WithZone(""); a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}

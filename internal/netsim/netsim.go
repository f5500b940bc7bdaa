// Package netsim is a bad line in user space: a TCP proxy with delay, jitter, loss and a bounded rate, for tests and measurements where the
// kernel has no netem. It is below no production code.
//
// What passes through it is TCP, so loss shows as what an application sees of it: a stall of about a round trip, in which
// everything behind the lost segment waits. Order is kept and no byte changes. All chance comes from a seed: the n-th connection of two
// lines with one seed has the same fate, byte for byte.
//
// A Go test makes a Line; scripts run the command in cmd/netsim, which is a Line with its standard input as the switch.
package netsim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// Line is a listener whose connections go to another address over a bad line. Its methods may be called from any goroutine.
type Line struct {
	listener net.Listener
	to       string
	seed     uint64

	mu      sync.Mutex
	profile Profile
	up      chan struct{} // closed while the line is up
	conns   map[*conn]bool
	made    uint64
	closed  bool
	free    [2]time.Time // when the line has carried what it was given: [0] from who has connected, [1] to him
	wg      sync.WaitGroup
}

// Open returns a line to the address `to`. Listen is the address to connect to instead: "127.0.0.1:0" takes a free port.
func Open(listen, to string, p Profile, seed uint64) (*Line, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return nil, fmt.Errorf("open line: %w", err)
	}
	up := make(chan struct{})
	close(up)
	line := &Line{listener: l, to: to, seed: seed, profile: p, up: up, conns: map[*conn]bool{}}
	line.wg.Go(line.accept)
	return line, nil
}

// Addr is where to connect.
func (l *Line) Addr() string { return l.listener.Addr().String() }

// Set changes what the line is like, for what is sent from now on.
func (l *Line) Set(p Profile) error {
	if err := p.Check(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.profile = p
	for c := range l.conns {
		c.fit(p)
	}
	return nil
}

// Down lets nothing pass, without a word to either end, until Up. Connections made meanwhile wait.
func (l *Line) Down() {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.up:
		l.up = make(chan struct{})
	default: // it is down already
	}
}

// Up ends Down or Cut. What waited goes on.
func (l *Line) Up() {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.up:
	default:
		close(l.up)
	}
}

// Cut is Down as after a change of network: the connections of before carry nothing ever again, and neither end is told.
func (l *Line) Cut() {
	l.Down()
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.conns {
		c.dead.Do(func() { close(c.cut) })
	}
}

// Close drops all connections and waits for what served them.
func (l *Line) Close() error {
	l.mu.Lock()
	l.closed = true
	err := l.listener.Close()
	for c := range l.conns {
		c.close()
	}
	l.mu.Unlock()
	l.wg.Wait()
	return err
}

func (l *Line) accept() {
	for {
		near, err := l.listener.Accept()
		if err != nil {
			return
		}
		l.mu.Lock()
		if l.closed {
			l.mu.Unlock()
			_ = near.Close()
			return
		}
		l.made++
		ctx, cancel := context.WithCancel(context.Background())
		c := &conn{line: l, near: near, number: l.made, ctx: ctx, cancel: cancel, cut: make(chan struct{})}
		l.conns[c] = true
		l.wg.Go(func() { l.serve(c) })
		l.mu.Unlock()
	}
}

// serve connects the far end once the line is up, and carries both directions until an end closes.
func (l *Line) serve(c *conn) {
	defer func() {
		c.close()
		l.mu.Lock()
		delete(l.conns, c)
		l.mu.Unlock()
	}()
	if !c.whenUp() {
		return
	}
	far, err := (&net.Dialer{}).DialContext(c.ctx, "tcp", l.to)
	if err != nil {
		return
	}
	l.mu.Lock()
	c.far = far
	c.fit(l.profile)
	l.mu.Unlock()
	context.AfterFunc(c.ctx, func() { _ = far.Close() })
	var wg sync.WaitGroup
	for direction, ends := range [2][2]net.Conn{{c.near, far}, {far, c.near}} {
		p := &pipe{conn: c, direction: direction, from: ends[0], to: ends[1], full: make(chan struct{}, 1), wake: make(chan struct{}, 1)}
		p.random = rand.New(rand.NewPCG(l.seed, c.number<<1|uint64(direction)))
		wg.Go(p.read)
		wg.Go(p.write)
	}
	wg.Wait()
}

// due says when a segment of n bytes that is sent now comes to the other end, but for its loss, and what the line is like.
func (l *Line) due(direction, n int, now time.Time) (time.Time, Profile) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.profile
	if p.Rate <= 0 {
		return now.Add(p.Delay), p
	}
	start := now
	if l.free[direction].After(now) {
		start = l.free[direction]
	}
	l.free[direction] = start.Add(time.Duration(int64(n) * 8 * int64(time.Second) / p.Rate))
	return l.free[direction].Add(p.Delay), p
}

func (l *Line) state() (p Profile, up <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.profile, l.up
}

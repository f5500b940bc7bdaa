package edge

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"scaip/internal/event"
	"scaip/internal/media"
	"scaip/internal/services"
	"scaip/internal/store"
	"scaip/internal/ws"
)

// socket is one user's connection for one kind in one call.
//
// Two goroutines serve it: the reader, which is the HTTP handler's, and the writer. What the hub delivers is written by whoever delivers, as long as the
// network takes it at once; the writer takes over when it does not, writes the replies and, at the end, says why it closes.
type socket struct {
	e             *Edge
	conn          *ws.Conn
	call          string
	user, session string
	attempt       attempt
	seat          int
	expires       time.Time // of the session
	sends         bool
	room          *room
	in            intake
	viewer        *media.Viewer // nil: it receives nothing
	queue         *media.Queue  // the viewer's; else one for replies only
	ready         atomic.Bool   // the two are set

	out      sync.Mutex   // held by who takes from the queue and writes
	bytes    int          // written, and not all of it taken by the network; guarded by out, as the next two
	frames   int          // in them
	received []int64      // of the frames
	writing  atomic.Int64 // since when the network takes nothing; 0: it does

	once   sync.Once
	closed chan struct{} // closed when closing has begun; then the following are set
	code   int
	reason string
	killer *time.Timer // drops the connection if the writer can't close it
}

// serve answers GET /media/<kind>/{call}.
func (e *Edge) serve(w http.ResponseWriter, r *http.Request) {
	session, err := e.gate.Authenticate(r)
	if err != nil {
		services.WriteError(w, e.o.Logger, err)
		return
	}
	id := r.PathValue("call")
	if !event.ValidID(id) {
		services.WriteError(w, e.o.Logger, event.Refuse(event.NotFound, "There is no such call."))
		return
	}
	query := r.URL.Query()
	try, err := parseAttempt(query.Get("attempt"))
	if err != nil {
		services.WriteError(w, e.o.Logger, err)
		return
	}
	l := limitsOf(e.o.Service)
	conn, err := ws.Accept(w, r, ws.Options{
		ReadLimit:   media.MaxMessage,
		CheckOrigin: e.o.CheckOrigin,
		NotSent:     l.notSent,
		WriteBuffer: l.writeBuffer,
		ReadBuffer:  l.readBuffer,
		NoWait:      true,
	})
	if err != nil {
		return // Accept has answered
	}
	defer conn.CloseNow()
	s := &socket{
		e: e, conn: conn, call: id,
		user: session.User, session: session.ID, expires: session.Expires, attempt: try,
		sends:  query.Get("send") != "0",
		closed: make(chan struct{}),
	}
	s.in.init(s)
	s.serve(query.Get("receive") != "0")
}

// serve runs the socket from its seat to its close.
func (s *socket) serve(receives bool) {
	e := s.e
	c, at, code := e.seatOf(s.call, s.user)
	if code != 0 {
		s.refuseSeat(code)
		return
	}
	s.seat = at.Seat
	clock := media.NewClock(c.Start, e.base)
	if code, reason := e.enter(s, clock); code != 0 {
		_ = s.conn.Close(code, reason)
		return
	}
	defer e.leave(s)
	// From here on an event that takes the right away finds the socket. One that came just before is seen now.
	if _, now, code, err := e.member(s.call, s.user); err != nil || code != 0 || now.Seat != s.seat {
		s.refuseSeat(max(code, closePolicy))
		return
	}
	if err := s.in.settle(); err != nil {
		_ = s.conn.Close(closeTooSlow, "try again")
		return
	}
	if !e.sessionOpen(s.session) {
		_ = s.conn.Close(closePolicy, "session ended")
		return
	}
	if err := s.room.wait(roomWait); err != nil {
		_ = s.conn.Close(closeTooSlow, "the media log is not available; try again")
		return
	}
	hello := media.ServerMessage{Hello: &media.Hello{
		Call: s.call, Kind: e.o.Service, Seat: s.seat, Track: media.TrackOf(s.seat, media.SlotMain),
		Now: clock.At(e.o.Now()), Loudest: e.o.Loudest,
	}}
	if receives {
		s.viewer = s.room.hub.Join(s.seat)
		s.queue = s.viewer.Queue
		if s.conn.NoWait() {
			s.room.hub.Direct(s.viewer, s.flush)
		}
		defer s.room.hub.Leave(s.viewer)
	} else {
		s.queue = media.NewQueue(e.o.Service, media.LimitsOf(e.o.Service))
	}
	s.queue.Say(hello.Encode())
	s.ready.Store(true)
	e.counters.opened.Add(1)
	defer e.counters.shut.Add(1)
	s.run()
}

// seatOf waits up to a second for the user's seat: calls has just been told of it, and this edge will be.
func (e *Edge) seatOf(id, user string) (c call, at seat, code int) {
	changed := e.runner.Changed()
	c, at, code, err := e.member(id, user)
	if code != closePolicy || err != nil {
		return c, at, orPolicy(code, err)
	}
	select {
	case e.waiting <- struct{}{}:
		defer func() { <-e.waiting }()
	default: // too many wait already: somebody guesses
		return c, at, code
	}
	patience := time.NewTimer(seatWait)
	defer patience.Stop()
	for {
		select {
		case <-changed:
		case <-patience.C:
			return c, at, code
		case <-e.done:
			return c, at, closeGoingAway
		}
		changed = e.runner.Changed()
		if c, at, code, err = e.member(id, user); code != closePolicy || err != nil {
			return c, at, orPolicy(code, err)
		}
	}
}

func orPolicy(code int, err error) int {
	if err != nil {
		return closeTooSlow
	}
	return code
}

func (e *Edge) sessionOpen(id string) (open bool) {
	err := e.o.Store.View(func(r store.Reader) (err error) {
		_, open, err = services.SessionByID(r, id, e.o.Now())
		return err
	})
	return open && err == nil
}

func (s *socket) refuseSeat(code int) {
	reason := map[int]string{
		closePolicy:    "not in this call",
		closeCallEnded: "the call is over",
		closeGoingAway: "the server restarts",
		closeTooSlow:   "try again",
	}[code]
	_ = s.conn.Close(code, reason)
}

// run reads and writes until the socket closes.
func (s *socket) run() {
	var wg sync.WaitGroup
	wg.Go(s.write)
	wg.Go(s.ping)
	for {
		binary, data, err := s.conn.Read(context.Background()) // ends when the connection is closed
		if err != nil {
			break
		}
		s.in.message(binary, data)
	}
	s.close(closeNormal, "")
	wg.Wait()
	s.killer.Stop()
}

// close ends the socket: no frame of it is taken any more, its tracks end, and the writer tells the client why. The first one says why.
// It does not wait.
func (s *socket) close(code int, reason string) {
	s.in.stop()
	s.shut(code, reason)
}

// shut is close from within the intake, which has stopped itself.
func (s *socket) shut(code int, reason string) {
	s.once.Do(func() {
		s.code, s.reason = code, reason
		s.killer = time.AfterFunc(closeTimeout, s.conn.CloseNow) // the writer may hang in a write that the client does not take
		close(s.closed)
	})
}

// ping notices a peer who has vanished, so that his seat is freed.
func (s *socket) ping() {
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	for {
		select {
		case <-s.closed:
			return
		case <-tick.C:
		}
		ctx, cancel := context.WithTimeout(context.Background(), pingTimeout)
		err := s.conn.Ping(ctx)
		cancel()
		if err != nil {
			s.conn.CloseNow()
			return
		}
	}
}

// stuck says that a write has not ended for long.
func (s *socket) stuck(now int64) bool {
	since := s.writing.Load()
	return since != 0 && now-since > int64(stuckAfter)
}

// refuse tells the client that something of it was dropped.
func (s *socket) refuse(code event.Code, text string) {
	s.queue.Say(media.ServerMessage{Refused: &event.Refusal{Code: code, Text: text}}.Encode())
}

// present notes what the user sends, if s is still his socket.
func (e *Edge) present(s *socket, now presenceState) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if s.room.sockets[s.user] == s {
		e.presence.set(who{s.call, s.user}, now)
	}
}

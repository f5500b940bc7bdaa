package event

import "time"

// Commands to calls. A group has at most one running call.
type (
	// CallsStart starts a call in a group at once. The actor still has to join it. A call that nobody joins within ten
	// minutes ends.
	CallsStart struct {
		Group string `json:"group"`
		Title string `json:"title"` // at most 100 characters; may be empty
	}
	// CallsSchedule announces a call for a later time, at most a year ahead. If another call runs in the group at
	// that time, it starts when that one is over; an hour late, it is cancelled. At most 100 wait in a group.
	CallsSchedule struct {
		Group string    `json:"group"`
		Title string    `json:"title"`
		Start time.Time `json:"start"`
	}
	// CallsCancel takes a scheduled call back: its maker or an owner of the group.
	CallsCancel struct {
		Call string `json:"call"`
	}
	// CallsJoin takes a seat in a running call. A user has one seat however many sockets; a user who comes
	// back gets the same seat.
	CallsJoin struct {
		Call string `json:"call"`
	}
	CallsLeave struct {
		Call string `json:"call"`
	}
	// CallsSetBehind says that the actor, who is in the call, looks at its past, or is back: a courtesy to the others.
	CallsSetBehind struct {
		Call   string `json:"call"`
		Behind bool   `json:"behind"`
	}
	// CallsEnd ends a running call: its maker or an owner of the group.
	CallsEnd struct {
		Call string `json:"call"`
	}
	// CallsDelete removes an ended call and its recording: an owner of the group, or an administrator.
	CallsDelete struct {
		Call string `json:"call"`
	}
	// CallsStopKeeping says that a running call is not kept any more, since the disk is full. Sent by the daemon only.
	CallsStopKeeping struct {
		Call   string `json:"call"`
		Reason string `json:"reason"` // "disk"
	}
	// CallsTick tells calls what time it is (the envelope's At): due scheduled calls start, seats that have had no
	// media socket for a minute are freed, calls that nobody joined end. Sent by the daemon's ticker only. No patience
	// runs out while the daemon is down: it counts from Up at the earliest.
	CallsTick struct {
		Up time.Time `json:"up"` // when this daemon began to tick
	}
)

// Events of calls.
type (
	CallsScheduled struct {
		Call  string    `json:"call"`
		Group string    `json:"group"`
		Title string    `json:"title"`
		Maker string    `json:"maker"`
		Start time.Time `json:"start"`
	}
	CallsCancelled struct {
		Call  string `json:"call"`
		Group string `json:"group"`
	}
	// CallsStarted: the call runs; its clock began at Start (UTC, the envelope's At).
	CallsStarted struct {
		Call  string    `json:"call"`
		Group string    `json:"group"`
		Title string    `json:"title"`
		Maker string    `json:"maker"`
		Start time.Time `json:"start"`
	}
	// CallsJoined: User sits at Seat (1 to 16,383, dense from 1), which numbers his tracks. It comes again, with the same
	// seat, when somebody who sits there without a media socket (a reloaded page) joins once more.
	CallsJoined struct {
		Call  string `json:"call"`
		Group string `json:"group"`
		User  string `json:"user"`
		Seat  int    `json:"seat"`
	}
	// CallsLeft: Reason is "left", "lost" (no media socket for a minute), "removed" (from the group) or "disabled".
	CallsLeft struct {
		Call   string `json:"call"`
		Group  string `json:"group"`
		User   string `json:"user"`
		Reason string `json:"reason"`
	}
	// CallsMediaChanged: whether User now sends audio and video.
	CallsMediaChanged struct {
		Call  string `json:"call"`
		Group string `json:"group"`
		User  string `json:"user"`
		Audio bool   `json:"audio"`
		Video bool   `json:"video"`
	}
	// CallsBehindChanged: whether User looks at the call's past. Whoever joins or leaves does not.
	CallsBehindChanged struct {
		Call   string `json:"call"`
		Group  string `json:"group"`
		User   string `json:"user"`
		Behind bool   `json:"behind"`
	}
	// CallsKeepingStopped: the call goes on, but of its recording only what comes last is kept. Reason is "disk": it is full.
	CallsKeepingStopped struct {
		Call   string `json:"call"`
		Group  string `json:"group"`
		Reason string `json:"reason"`
	}
	// CallsEnded: Reason is "ended" (by somebody), "empty" (the last one left, or nobody came) or "archived" (the group).
	CallsEnded struct {
		Call   string    `json:"call"`
		Group  string    `json:"group"`
		Reason string    `json:"reason"`
		End    time.Time `json:"end"`
		// Keep says how long the recording is kept, as the group has it now; empty is KeepForever. Until is when it goes, of KeepDays.
		Keep  string     `json:"keep,omitempty"`
		Until *time.Time `json:"until,omitempty"`
	}
	// CallsForgotten: the recording of an ended call is gone, by the group's rule; the call stays in the list. Reason is "none" (at hang-up) or
	// "days" (they are over).
	CallsForgotten struct {
		Call   string `json:"call"`
		Group  string `json:"group"`
		Reason string `json:"reason"`
	}
	// CallsDeleted: the call and its recording are gone.
	CallsDeleted struct {
		Call  string `json:"call"`
		Group string `json:"group"`
	}
)

func (CallsStart) EventType() string          { return "calls.start" }
func (CallsSchedule) EventType() string       { return "calls.schedule" }
func (CallsCancel) EventType() string         { return "calls.cancel" }
func (CallsJoin) EventType() string           { return "calls.join" }
func (CallsLeave) EventType() string          { return "calls.leave" }
func (CallsEnd) EventType() string            { return "calls.end" }
func (CallsDelete) EventType() string         { return "calls.delete" }
func (CallsSetBehind) EventType() string      { return "calls.set_behind" }
func (CallsBehindChanged) EventType() string  { return "calls.behind_changed" }
func (CallsStopKeeping) EventType() string    { return "calls.stop_keeping" }
func (CallsKeepingStopped) EventType() string { return "calls.keeping_stopped" }
func (CallsTick) EventType() string           { return "calls.tick" }
func (CallsScheduled) EventType() string      { return "calls.scheduled" }
func (CallsCancelled) EventType() string      { return "calls.cancelled" }
func (CallsStarted) EventType() string        { return "calls.started" }
func (CallsJoined) EventType() string         { return "calls.joined" }
func (CallsLeft) EventType() string           { return "calls.left" }
func (CallsMediaChanged) EventType() string   { return "calls.media_changed" }
func (CallsEnded) EventType() string          { return "calls.ended" }
func (CallsForgotten) EventType() string      { return "calls.forgotten" }
func (CallsDeleted) EventType() string        { return "calls.deleted" }

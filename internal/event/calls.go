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
	// CallsRaiseHand asks for the word. Hands stand in the order in which they were raised.
	CallsRaiseHand struct {
		Call string `json:"call"`
	}
	// CallsLowerHand takes a hand down: one's own, or, by an owner of the group, User's.
	CallsLowerHand struct {
		Call string `json:"call"`
		User string `json:"user,omitempty"` // empty: the actor
	}
	// CallsReact shows all who are in the call one of [CallEmoji] for some seconds. Nothing stays of it but the event. At most 10 in 10 s.
	CallsReact struct {
		Call  string `json:"call"`
		Emoji string `json:"emoji"`
	}
	// CallsMute (owner of the group) silences User's microphone. He is told, and may end it himself by CallsUnmute.
	CallsMute struct {
		Call string `json:"call"`
		User string `json:"user,omitempty"` // empty: everybody but the actor
	}
	// CallsUnmute ends the actor's own silence.
	CallsUnmute struct {
		Call string `json:"call"`
	}
	// CallsExpel (owner of the group) puts User, who is in the call, out of it. He stays a member of the group, but can't join this call again
	// before an owner admits him.
	CallsExpel struct {
		Call string `json:"call"`
		User string `json:"user"`
	}
	// CallsAdmit (owner of the group) lets User, who was expelled, join again.
	CallsAdmit struct {
		Call string `json:"call"`
		User string `json:"user"`
	}
	// CallsEnd ends a running call: its maker or an owner of the group.
	CallsEnd struct {
		Call string `json:"call"`
	}
	// CallsDelete removes an ended call and its recording: an owner of the group, or an administrator.
	CallsDelete struct {
		Call string `json:"call"`
	}
	// CallsMakeClip makes a link to a part of a call that is over, for whoever has the token: a member of the group. Hash is the SHA-256, in hex, of the
	// token, 32 random bytes in base64url that its maker keeps: the token itself is never sent before it is used.
	CallsMakeClip struct {
		Call    string    `json:"call"`
		From    int64     `json:"from"` // µs on the call's clock
		To      int64     `json:"to"`   // after From; at most four hours
		Title   string    `json:"title"`
		Hash    string    `json:"hash"`
		Expires time.Time `json:"expires"` // at most a year ahead
		Members bool      `json:"members"` // only members of the group may see it
	}
	// CallsRevokeClip ends a clip: its maker, or an owner of the group.
	CallsRevokeClip struct {
		Call string `json:"call"`
		Clip string `json:"clip"`
	}
	// CallsStopKeeping says that a running call is not kept any more, since the disk or the quota is full. Sent by the daemon only.
	CallsStopKeeping struct {
		Call   string `json:"call"`
		Reason string `json:"reason"` // "disk" or "quota"
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
	// CallsLeft: Reason is "left", "lost" (no media socket for a minute), "removed" (from the group), "disabled" or "expelled" (by the owner By).
	// It lowers User's hand and ends his silence.
	CallsLeft struct {
		Call   string `json:"call"`
		Group  string `json:"group"`
		User   string `json:"user"`
		Reason string `json:"reason"`
		By     string `json:"by,omitempty"` // of "expelled"
	}
	// CallsMediaChanged: whether User now sends audio and video, and, of the latter, a shared screen.
	CallsMediaChanged struct {
		Call   string `json:"call"`
		Group  string `json:"group"`
		User   string `json:"user"`
		Audio  bool   `json:"audio"`
		Video  bool   `json:"video"`
		Screen bool   `json:"screen,omitempty"`
	}
	// CallsBehindChanged: whether User looks at the call's past. Whoever joins or leaves does not.
	CallsBehindChanged struct {
		Call   string `json:"call"`
		Group  string `json:"group"`
		User   string `json:"user"`
		Behind bool   `json:"behind"`
	}
	// CallsHandRaised: User asks for the word, since the envelope's At. CallsHandLowered, CallsLeft, CallsJoined of the same user and CallsEnded
	// end that.
	CallsHandRaised struct {
		Call  string `json:"call"`
		Group string `json:"group"`
		User  string `json:"user"`
	}
	// CallsHandLowered: By is the owner who took it down; empty: User himself.
	CallsHandLowered struct {
		Call  string `json:"call"`
		Group string `json:"group"`
		User  string `json:"user"`
		By    string `json:"by,omitempty"`
	}
	CallsReacted struct {
		Call  string `json:"call"`
		Group string `json:"group"`
		User  string `json:"user"`
		Emoji string `json:"emoji"`
	}
	// CallsMuted: the owner By has silenced User's microphone. His client stops sending; the server drops what comes all the same. CallsUnmuted,
	// CallsLeft and CallsJoined of the same user end that.
	CallsMuted struct {
		Call  string `json:"call"`
		Group string `json:"group"`
		User  string `json:"user"`
		By    string `json:"by"`
	}
	CallsUnmuted struct {
		Call  string `json:"call"`
		Group string `json:"group"`
		User  string `json:"user"`
	}
	CallsAdmitted struct {
		Call  string `json:"call"`
		Group string `json:"group"`
		User  string `json:"user"`
	}
	// CallsKeepingStopped: the call goes on, but of its recording only what comes last is kept. Reason is "disk": it is full, or "quota": so much may be taken.
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
	// CallsClipMade: until Expires, whoever has the token of Hash sees the call from From to To, and nothing else of it.
	CallsClipMade struct {
		Call    string    `json:"call"`
		Group   string    `json:"group"`
		Clip    string    `json:"clip"`
		Maker   string    `json:"maker"`
		From    int64     `json:"from"`
		To      int64     `json:"to"`
		Title   string    `json:"title,omitempty"`
		Hash    string    `json:"hash"`
		Expires time.Time `json:"expires"`
		Members bool      `json:"members,omitempty"`
	}
	// CallsClipRevoked: the clip shows nothing any more. (A clip of a recording that is gone shows nothing either, and one that has expired; neither is told.)
	CallsClipRevoked struct {
		Call  string `json:"call"`
		Group string `json:"group"`
		Clip  string `json:"clip"`
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
func (CallsRaiseHand) EventType() string      { return "calls.raise_hand" }
func (CallsLowerHand) EventType() string      { return "calls.lower_hand" }
func (CallsReact) EventType() string          { return "calls.react" }
func (CallsMute) EventType() string           { return "calls.mute" }
func (CallsUnmute) EventType() string         { return "calls.unmute" }
func (CallsExpel) EventType() string          { return "calls.expel" }
func (CallsAdmit) EventType() string          { return "calls.admit" }
func (CallsHandRaised) EventType() string     { return "calls.hand_raised" }
func (CallsHandLowered) EventType() string    { return "calls.hand_lowered" }
func (CallsReacted) EventType() string        { return "calls.reacted" }
func (CallsMuted) EventType() string          { return "calls.muted" }
func (CallsUnmuted) EventType() string        { return "calls.unmuted" }
func (CallsAdmitted) EventType() string       { return "calls.admitted" }
func (CallsMakeClip) EventType() string       { return "calls.make_clip" }
func (CallsRevokeClip) EventType() string     { return "calls.revoke_clip" }
func (CallsClipMade) EventType() string       { return "calls.clip_made" }
func (CallsClipRevoked) EventType() string    { return "calls.clip_revoked" }
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

// CallEmoji are the reactions there are in a call, in the order in which they are offered.
func CallEmoji() []string {
	return []string{"👍", "👎", "👏", "❤️", "😂", "😮", "🎉", "🤔"}
}

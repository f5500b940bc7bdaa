// Package dispatch holds the routing table: which type goes to which inbox. It is the map of the system on one screen.
package dispatch

import (
	"scaip/internal/services"
)

// Table returns the routing table. Commands come from dispatch.in, where auth puts what it has authorised; events from the outbox topic
// of their service. A type without a row goes nowhere; a test holds the table against the vocabulary. It is one long function, so that it
// can be read from top to bottom.
func Table() []services.Delivery {
	to := func(typ string, names ...string) services.Delivery {
		d := services.Delivery{Type: typ}
		for _, n := range names {
			d.Targets = append(d.Targets, services.Inbox(n))
		}
		return d
	}
	return []services.Delivery{
		// commands
		to("users.update_profile", "users"),
		to("users.disable", "users"),
		to("users.enable", "users"),
		to("groups.create", "groups"),
		to("groups.rename", "groups"),
		to("groups.add_member", "groups"),
		to("groups.set_role", "groups"),
		to("groups.remove_member", "groups"),
		to("groups.leave", "groups"),
		to("groups.set_keep", "groups"),
		to("groups.archive", "groups"),
		to("messaging.post", "messaging"),
		to("messaging.edit", "messaging"),
		to("messaging.delete", "messaging"),
		to("messaging.react", "messaging"),
		to("calls.start", "calls"),
		to("calls.schedule", "calls"),
		to("calls.cancel", "calls"),
		to("calls.join", "calls"),
		to("calls.leave", "calls"),
		to("calls.set_behind", "calls"),
		to("calls.raise_hand", "calls"),
		to("calls.lower_hand", "calls"),
		to("calls.react", "calls"),
		to("calls.mute", "calls"),
		to("calls.unmute", "calls"),
		to("calls.expel", "calls"),
		to("calls.admit", "calls"),
		to("calls.make_clip", "calls"),
		to("calls.revoke_clip", "calls"),
		to("calls.end", "calls"),
		to("calls.delete", "calls"),

		// events; query hears of all that the gateway hears of users, groups, messaging and calls, so that the cursor of GET /api/me
		// covers every Seq of theirs
		to("auth.registered", "users"),
		to("auth.session_opened", "messaging", "query", "audio", "video", "gateway"),
		to("auth.session_closed", "messaging", "query", "audio", "video", "gateway"),
		to("users.created", "groups", "calls", "query", "gateway"),
		to("users.profile_updated", "auth", "query", "gateway"),
		to("users.disabled", "auth", "calls", "groups", "query", "gateway"),
		to("users.enabled", "auth", "calls", "groups", "query", "gateway"),
		to("groups.created", "messaging", "calls", "query", "gateway"),
		to("groups.renamed", "query", "gateway"),
		to("groups.member_added", "messaging", "calls", "query", "gateway"),
		to("groups.role_set", "messaging", "calls", "query", "gateway"),
		to("groups.member_removed", "messaging", "calls", "query", "gateway"),
		to("groups.keep_set", "calls", "query", "gateway"),
		to("groups.archived", "messaging", "calls", "query", "gateway"),
		to("messaging.posted", "query", "gateway"),
		to("messaging.edited", "query", "gateway"),
		to("messaging.deleted", "query", "gateway"),
		to("messaging.reacted", "query", "gateway"),
		to("calls.scheduled", "query", "gateway"),
		to("calls.cancelled", "query", "gateway"),
		to("calls.started", "messaging", "audio", "video", "query", "gateway"),
		to("calls.joined", "audio", "video", "query", "gateway"),
		to("calls.left", "audio", "video", "query", "gateway"),
		to("calls.media_changed", "query", "gateway"),
		to("calls.behind_changed", "query", "gateway"),
		to("calls.hand_raised", "query", "gateway"),
		to("calls.hand_lowered", "query", "gateway"),
		to("calls.reacted", "query", "gateway"),
		to("calls.muted", "audio", "query", "gateway"),
		to("calls.unmuted", "audio", "query", "gateway"),
		to("calls.admitted", "query", "gateway"),
		to("calls.ended", "audio", "video", "query", "gateway"),
		to("calls.keeping_stopped", "query", "gateway"),
		to("calls.clip_made", "query", "gateway"),
		to("calls.clip_revoked", "query", "gateway"),
		to("calls.forgotten", "query", "gateway"),
		to("calls.deleted", "messaging", "audio", "video", "query", "gateway"),
		to("audio.began", "calls"),
		to("audio.opened", "calls"),
		to("audio.closed", "calls"),
		to("video.began", "calls"),
		to("video.opened", "calls"),
		to("video.closed", "calls"),

		// answers to one session
		to("auth.refused", "gateway"),
		to("users.refused", "query", "gateway"),
		to("users.unchanged", "query", "gateway"),
		to("groups.refused", "query", "gateway"),
		to("groups.unchanged", "query", "gateway"),
		to("messaging.refused", "query", "gateway"),
		to("messaging.unchanged", "query", "gateway"),
		to("calls.refused", "query", "gateway"),
		to("calls.unchanged", "query", "gateway"),
	}
}

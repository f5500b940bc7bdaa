package services

import (
	"context"
	"log/slog"

	"scaip/internal/event"
	"scaip/internal/log"
	"scaip/internal/store"
)

// Options say what a Runner runs, and on what. All but Boot, Feeds and Logger are required.
type Options struct {
	Machine Machine
	Store   store.Store // the service's own; the runner alone writes it
	Log     log.Log     // holds the inbox, the outbox and the feeds; the topics exist
	Feeds   Feeds       // what is delivered to this service: FeedsOf the routing table

	// Boot is set for a service whose store is volatile (gateway, audio, video): an ID of this run of the daemon. Its events then have the
	// Origin "<name>.out/<boot>", numbered from 1, and its store, empty at first, is rebuilt from the feeds.
	Boot string

	// From says where the store of a volatile service begins to read a topic when it is rebuilt at the start: what is before has no meaning any
	// more for what its machine answers. nil: at the first record.
	From func(ctx context.Context, topic log.Topic) (int64, error)

	Logger *slog.Logger // slog.Default if nil
}

// A Forwarder is a Machine that passes on commands of other services (auth). They leave through an outbox of their own, written in the
// transaction of the inbox record that brought them: unchanged, with ForwardTo as their Origin and a dense Seq.
type Forwarder interface {
	// ForwardTo is the topic that the commands go to. The service alone writes it.
	ForwardTo() log.Topic

	// Pass says whether e may go on; it changes nothing. A Refusal answers the command with "<own name>.refused"; any other error parks
	// it. The same command is passed again when it is resent: the service that it is for knows the repeat.
	Pass(r store.Reader, e event.Envelope) error
}

// A Selective is a Machine that builds its tables from some of the events that are delivered to it only. The others are decided and observed, but
// never applied; an outbox of which nothing is kept need not be read when the store is rebuilt.
type Selective interface {
	// Keeps says whether Apply has to see events of this type. It always says the same.
	Keeps(typ string) bool
}

// An Observer is a Machine that has to know what it has applied (an edge, which tells its clients).
type Observer interface {
	// Applied is called after each commit with what came through the inbox, in order, each (Origin, Seq) once. Records that were
	// parked are left out. It must not block; the runner waits for it. What a rebuild applied is not reported, only what then comes through the inbox.
	Applied(batch []Delivered)
}

// Delivered is a record of the inbox and the event, or command, in it.
type Delivered struct {
	Record log.Record
	Event  event.Envelope
}

// Parked is a record that could not be processed. It stands in the store, out of the way, until an operator looks at it.
type Parked struct {
	Topic  log.Topic `json:"topic"`
	Offset int64     `json:"offset"`
	Origin string    `json:"origin,omitempty"`
	Seq    uint64    `json:"seq,omitempty"`
	Type   string    `json:"type,omitempty"` // of the envelope, if it could be decoded
	Reason string    `json:"reason"`
	Value  []byte    `json:"value"` // at most the first 256 KiB
}

// Stats is a picture of a runner or a router for status and doctor.
type Stats struct {
	Service   string           `json:"service"`
	Ready     bool             `json:"ready"`
	Next      map[string]int64 `json:"next"`      // topic read → offset of the record that comes next
	Lag       map[string]int64 `json:"lag"`       // topic read → records not yet processed; -1 if the log could not say
	Made      uint64           `json:"made"`      // highest Seq in the outbox
	Relayed   uint64           `json:"relayed"`   // highest Seq that has reached the outbox topic
	Parked    int              `json:"parked"`    // records that could not be processed
	Unkept    int              `json:"unkept"`    // of these, the ones that are counted only: there was no room to keep them
	Failing   string           `json:"failing"`   // the error that is being retried; empty if all is well
	Commits   uint64           `json:"commits"`   // transactions since the start
	Processed uint64           `json:"processed"` // records of the inbox since the start, without repeats
}

// Comparison is what a rebuild found.
type Comparison struct {
	Events      uint64       `json:"events"`      // applied
	Tables      int          `json:"tables"`      // compared
	Rows        int          `json:"rows"`        // compared
	Differ      int          `json:"differ"`      // rows that differ, in all
	Differences []Difference `json:"differences"` // the first 20
}

// A Difference is a row that a rebuilt store and the live one do not have alike.
type Difference struct {
	Table string `json:"table"`
	Key   string `json:"key"`
	What  string `json:"what"` // "missing" or "extra" in the rebuilt store, or "different"
}

// RouterOptions say what a Router routes, and on what.
type RouterOptions struct {
	Table   []Delivery
	Sources []log.Topic // dispatch.in and every outbox topic
	Store   store.Store // cursors, marks, parked records; the router alone writes it
	Log     log.Log     // holds sources and targets; they exist
	Logger  *slog.Logger
}

package admin

import (
	"encoding/json"
	"time"

	"scaip/internal/event"
	"scaip/internal/log"
	"scaip/internal/services"
	"scaip/internal/services/edge"
	"scaip/internal/services/gateway"
)

// Status is the answer to GET /admin/status.
type Status struct {
	Version  string           `json:"version"`
	PID      int              `json:"pid"`
	Started  time.Time        `json:"started"`
	Uptime   float64          `json:"uptime"` // seconds
	Ready    bool             `json:"ready"`
	Address  string           `json:"address"` // the URL for browsers
	DataDir  string           `json:"data_dir"`
	Services []services.Stats `json:"services"`
	Topics   []Topic          `json:"topics"`
	Gateway  gateway.Stats    `json:"gateway"`
	Media    []edge.Stats     `json:"media"` // audio, video
	Memory   Memory           `json:"memory"`
	Disk     Disk             `json:"disk"`

	Recordings Recordings `json:"recordings"`
}

// Recordings are the calls that are over and kept.
type Recordings struct {
	Files   int   `json:"files"`
	Bytes   int64 `json:"bytes"`
	Waiting int   `json:"waiting"` // to be sealed or deleted
	Running int64 `json:"running"` // bytes that calls take which are not sealed yet

	Quota    int64      `json:"quota"`     // bytes that all of it may take; 0: no limit
	Spent    bool       `json:"spent"`     // it is, so that running calls are not kept
	Disk     int64      `json:"disk"`      // bytes until the disk takes nothing new
	Left     int64      `json:"left"`      // bytes until quota or disk are full
	PerDay   int64      `json:"per_day"`   // bytes that came in the last seven days, a day
	DaysLeft float64    `json:"days_left"` // at that rate; −1: nothing came
	Groups   []GroupUse `json:"groups"`    // the largest first
}

// GroupUse is what the recordings of a group take.
type GroupUse struct {
	Group string `json:"group"`
	Name  string `json:"name"`
	Calls int    `json:"calls"`
	Bytes int64  `json:"bytes"`
}

// RecordedCalls is the answer to GET /api/recordings/calls: a page of the calls that are kept, the largest first.
type RecordedCalls struct {
	Calls []RecordedCall `json:"calls"`
	More  bool           `json:"more"`
}

// RecordedCall is what the recording of a call takes.
type RecordedCall struct {
	Call    string    `json:"call"`
	Group   string    `json:"group"`
	Name    string    `json:"name"` // of the group
	Title   string    `json:"title"`
	Start   time.Time `json:"start"`
	Seconds float64   `json:"seconds"`
	Bytes   int64     `json:"bytes"`
}

// Memory is the daemon's, in bytes.
type Memory struct {
	Resident   int64 `json:"resident"` // as the kernel counts it; 0 where it can't be read
	Heap       int64 `json:"heap"`
	Goroutines int   `json:"goroutines"`
}

// Disk is that of the data directory, in bytes.
type Disk struct {
	Free    int64 `json:"free"`
	MinFree int64 `json:"min_free"` // below it, nothing new is taken in
	Full    bool  `json:"full"`
}

// A Topic is one topic of one of the two logs.
type Topic struct {
	Log string `json:"log"` // "events" or "media"
	log.TopicInfo
}

// Topics is the answer to GET /admin/log.
type Topics struct {
	Topics []Topic `json:"topics"`
}

// A Record is a line of the answer to GET /admin/log/{topic}?from=&limit=&follow=. Of Value, Frames and Raw one is set.
type Record struct {
	Offset int64           `json:"offset"`
	Time   time.Time       `json:"time"`
	Origin string          `json:"origin,omitempty"`
	Seq    uint64          `json:"seq,omitempty"`
	Key    string          `json:"key,omitempty"`
	Value  json.RawMessage `json:"value,omitempty"`  // if it is JSON
	Frames []Frame         `json:"frames,omitempty"` // if they are media frames
	Raw    []byte          `json:"raw,omitempty"`
}

// A Frame describes a media frame; what it shows or says is left out.
type Frame struct {
	Track  int    `json:"track"`
	Seq    uint32 `json:"seq"`
	PTS    int64  `json:"pts"` // µs since the call began
	Key    bool   `json:"key"`
	Config string `json:"config,omitempty"`
	Bytes  int    `json:"bytes"`
}

// A Check is one line of doctor's.
type Check struct {
	Name  string `json:"name"`
	State string `json:"state"` // OK, Warn or Fail
	Text  string `json:"text"`
	Fix   string `json:"fix,omitempty"` // what to do; set unless State is OK
}

// States of a Check.
const (
	OK   = "ok"
	Warn = "warn"
	Fail = "fail"
)

// Doctor is the answer to GET /admin/doctor.
type Doctor struct {
	Checks []Check `json:"checks"`
}

// A Delivery is a row of GET /admin/routes: where records of a type go.
type Delivery struct {
	Type    string       `json:"type"`
	Access  event.Access `json:"access,omitempty"` // of a command
	Targets []log.Topic  `json:"targets"`
}

// An HTTPRoute is another row of GET /admin/routes.
type HTTPRoute struct {
	Pattern string       `json:"pattern"`
	Access  event.Access `json:"access"`
}

// Routes is the answer to GET /admin/routes.
type Routes struct {
	Deliveries []Delivery  `json:"deliveries"`
	HTTP       []HTTPRoute `json:"http"`
}

// A Rebuilt is the answer to POST /admin/rebuild/{service}: Comparison, or with ?at= the state of that moment.
type Rebuilt struct {
	Service    string                                `json:"service"`
	Comparison *services.Comparison                  `json:"comparison,omitempty"`
	At         *time.Time                            `json:"at,omitempty"`
	State      map[string]map[string]json.RawMessage `json:"state,omitempty"` // table → key → value
}

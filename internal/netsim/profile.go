package netsim

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Profile says what a line is like, in each of its directions. The zero value is a perfect line.
type Profile struct {
	Delay  time.Duration // one way; a round trip takes twice as long
	Jitter time.Duration // added to Delay: evenly from 0 to this
	Loss   float64       // of segments, 0 to 1; TCP sends them again, so they come late and all behind them wait
	Rate   int64         // bit/s; 0: unlimited. All connections of a line share it
	Buffer int           // bytes of a connection that may wait before the line; 0: what Rate carries in 100 ms, at least 8 KiB
}

const (
	segment      = 1448 // bytes of a TCP segment on an Ethernet
	least        = 8 << 10
	unlimited    = 1 << 20
	leastResend  = 20 * time.Millisecond
	bufferedTime = 10 // Rate / 8 / this: bytes in 100 ms
)

// buffer is the effective Buffer.
func (p Profile) buffer() int {
	switch {
	case p.Buffer > 0:
		return p.Buffer
	case p.Rate <= 0:
		return unlimited
	}
	return max(least, int(p.Rate/8/bufferedTime))
}

// UnmarshalJSON reads {"delay":"25ms","jitter":"5ms","loss":0.02,"rate":"300k","buffer":16384}; what is missing is zero.
func (p *Profile) UnmarshalJSON(b []byte) error {
	var raw struct {
		Delay, Jitter, Rate string
		Loss                float64
		Buffer              int
	}
	if err := json.Unmarshal(b, &raw); err != nil {
		return fmt.Errorf("read profile: %w", err)
	}
	out := Profile{Loss: raw.Loss, Buffer: raw.Buffer}
	var err error
	for _, d := range []struct {
		text string
		into *time.Duration
	}{{raw.Delay, &out.Delay}, {raw.Jitter, &out.Jitter}} {
		if d.text == "" {
			continue
		}
		if *d.into, err = time.ParseDuration(d.text); err != nil {
			return fmt.Errorf("read profile: %w", err)
		}
	}
	if out.Rate, err = ParseRate(raw.Rate); err != nil {
		return err
	}
	*p = out
	return out.Check()
}

// Check says what of a profile no line can be.
func (p Profile) Check() error {
	switch {
	case p.Delay < 0 || p.Jitter < 0 || p.Rate < 0 || p.Buffer < 0:
		return fmt.Errorf("a line has nothing negative")
	case p.Loss < 0 || p.Loss >= 1:
		return fmt.Errorf("loss %v is not from 0 to below 1", p.Loss)
	}
	return nil
}

// ParseRate reads bit/s: "300k", "1.5M", "64000"; empty is 0, unlimited.
func ParseRate(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	unit := 1.0
	switch number, found := strings.CutSuffix(s, "k"); {
	case found:
		s, unit = number, 1e3
	default:
		if number, found = strings.CutSuffix(s, "M"); found {
			s, unit = number, 1e6
		}
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("rate %q is not like 300k or 1.5M", s)
	}
	return int64(n * unit), nil
}

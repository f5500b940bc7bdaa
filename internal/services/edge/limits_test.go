package edge

import (
	"testing"
	"time"

	"scaip/internal/media"
)

// TestShortPackets: a voice and the sound of a shared tab, both in packets of 10 ms and by a clock that is a little fast, are not too many.
func TestShortPackets(t *testing.T) {
	b := newBucket(limitsOf(media.Audio).frames)
	for n := range 6000 {
		now := int64(time.Second) + int64(n)*int64(9990*time.Microsecond)
		for slot := range 2 {
			if !b.take(1, now) {
				t.Fatalf("packet %d of slot %d is refused", n, slot)
			}
		}
	}
}

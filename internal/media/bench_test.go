package media

import (
	"fmt"
	"testing"
)

// BenchmarkHub fans frames of 2 KiB out to viewers who take what waits after every third one. An operation is a delivery, a frame to
// one viewer; it should not allocate.
func BenchmarkHub(b *testing.B) {
	for _, viewers := range []int{2, 15, 60} {
		b.Run(fmt.Sprint("viewers ", viewers), func(b *testing.B) {
			h := testHub(Video, 0)
			for seat := range viewers {
				h.Join(seat + 2)
			}
			h.deliver(arrivals(item("config", 4, 0, 100), item("key", 4, 1, 2048)))
			frames := arrivals(item("key", 4, 2, 2048), item("delta", 4, 3, 2048))
			var batch Batch
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				if n%viewers != 0 {
					continue
				}
				round := n / viewers
				i := min(round%30, 1)
				h.deliver(frames[i : i+1])
				if round%3 == 2 {
					for _, v := range h.viewers {
						for v.Queue.Take(&batch) {
						}
					}
				}
			}
		})
	}
}

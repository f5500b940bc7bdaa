package media

import (
	"fmt"
	"testing"

	"scaip/internal/log"
)

// BenchmarkHub fans frames of 2 KiB out to viewers who take what waits after every third one. An operation is a delivery, a frame to
// one viewer; it should not allocate.
func BenchmarkHub(b *testing.B) {
	for _, viewers := range []int{2, 15, 60} {
		b.Run(fmt.Sprint("viewers ", viewers), func(b *testing.B) {
			h, p := testHub(Video, 0), &topic{}
			for seat := range viewers {
				h.Join(seat + 2)
			}
			h.deliver(p.records(item("config", 4, 0, 100), item("key", 4, 1, 2048)))
			frames := []log.Record{{Value: item("key", 4, 2, 2048).Bytes}, {Value: item("delta", 4, 3, 2048).Bytes}}
			var batch Batch
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				if n%viewers != 0 {
					continue
				}
				round := n / viewers
				r := frames[min(round%30, 1)]
				r.Offset = p.next
				p.next++
				h.deliver([]log.Record{r})
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

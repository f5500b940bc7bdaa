package seal

import (
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"scaip/internal/media/matroska"
)

// cpu is the processor time that this process, the log's server in it, has used.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkSeal seals a call of ten cameras, from a JetStream on disk to the ledger. The floor in the same run is copying the file it makes, synced.
// MB/cpu-s is what a core alone could do, whatever else the machine does.
func BenchmarkSeal(b *testing.B) {
	b.Run("seal", func(b *testing.B) {
		var used time.Duration
		var bytes int64
		defer func() { b.ReportMetric(float64(bytes)/1e6/used.Seconds(), "MB/cpu-s") }()
		for b.Loop() {
			b.StopTimer()
			g := diskRig(b, b.TempDir())
			logWalk(b, g, 10, 8)
			g.fate("c1", false)
			s := g.open()
			before := cpu(b)
			b.StartTimer()
			if err := g.once(s); err != nil {
				b.Fatal(err)
			}
			f, _, _, _ := s.Find("c1")
			b.SetBytes(f.Bytes)
			used, bytes = used+cpu(b)-before, bytes+f.Bytes
		}
	})
	b.Run("floor", func(b *testing.B) {
		g := newRig(b)
		logWalk(b, g, 10, 8)
		g.fate("c1", false)
		s := g.open()
		if err := g.once(s); err != nil {
			b.Fatal(err)
		}
		f, _, _, _ := s.Find("c1")
		b.SetBytes(f.Bytes)
		for b.Loop() {
			copyFile(b, f.Path, filepath.Join(g.dir, "copy"))
		}
	})
}

func copyFile(b *testing.B, from, to string) {
	in, err := os.Open(from)
	if err != nil {
		b.Fatal(err)
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		b.Fatal(err)
	}
	defer out.Close()
	if _, err := io.Copy(struct{ io.Writer }{out}, in); err != nil {
		b.Fatal(err)
	}
	if err := out.Sync(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkSeek opens a sealed call of ten cameras and reads the first frames of a moment.
func BenchmarkSeek(b *testing.B) {
	g := newRig(b)
	logWalk(b, g, 10, 8)
	g.fate("c1", false)
	s := g.open()
	if err := g.once(s); err != nil {
		b.Fatal(err)
	}
	i := 0
	for b.Loop() {
		i++
		at := time.Duration(i*7%110) * time.Second
		src, err := s.Source("c1")
		if err != nil {
			b.Fatal(err)
		}
		for batch, err := range src.Frames(b.Context(), string(matroska.Video), at.Microseconds()) {
			if err != nil || len(batch) == 0 {
				b.Fatal(err)
			}
			break
		}
		src.Close()
	}
}

package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"scaip/internal/media"
	"scaip/internal/ws"
)

// selfCPU is the processor time that this process has used.
func selfCPU() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// copyRate measures the floor: the bytes of a file, copied and synced, in MB/s.
func (p *pastCalls) copyRate(path string) (float64, error) {
	in, err := os.Open(path)
	if err != nil {
		return 0, fmt.Errorf("measure floor: %w", err)
	}
	defer in.Close()
	out, err := os.CreateTemp(p.d.Dir, "floor-")
	if err != nil {
		return 0, fmt.Errorf("measure floor: %w", err)
	}
	defer os.Remove(out.Name())
	began := time.Now()
	n, err := io.CopyBuffer(struct{ io.Writer }{out}, struct{ io.Reader }{in}, make([]byte, 1<<20)) // through memory, as everybody else
	if err = errors.Join(err, out.Sync(), out.Close()); err != nil {
		return 0, fmt.Errorf("measure floor: %w", err)
	}
	return float64(n) / 1e6 / time.Since(began).Seconds(), nil
}

// viewer is a socket into the past of the long call.
type viewer struct {
	conn   *ws.Conn
	people int
	id     int64
}

// seek measures from asking for a moment to having a key frame of everybody's picture.
func (p *pastCalls) seek(ctx context.Context) error {
	path := filepath.Join(p.d.Dir, "calls", p.call+".mkv")
	conn, err := ws.Dial(ctx, p.d.URL+"/media/past/"+p.call, http.Header{"Authorization": {"Bearer " + p.users[0].client.Token}}, ws.Options{ReadLimit: 8 << 20})
	if err != nil {
		return fmt.Errorf("measure seek: %w", err)
	}
	defer conn.CloseNow()
	v := &viewer{conn: conn, people: p.o.People}
	rnd := rand.New(rand.NewPCG(7, 7)) // the same places in each run
	var warm, cold, floor []time.Duration
	for i := range 2 * p.o.Seeks {
		p.o.Progress("seeking", float64(i)/float64(2*p.o.Seeks))
		at := 3*time.Second + time.Duration(rnd.Int64N(int64(p.o.Length-8*time.Second)))
		isCold := i%2 == 1
		if isCold {
			if err := forget(path); err != nil {
				return fmt.Errorf("measure seek: %w", err)
			}
		}
		took, bytes, err := v.seek(ctx, at)
		if err != nil {
			return fmt.Errorf("measure seek to %v: %w", at, err)
		}
		if isCold {
			cold = append(cold, took)
			continue
		}
		warm = append(warm, took)
		took, err = readAt(path, float64(at)/float64(p.o.Length), bytes)
		if err != nil {
			return fmt.Errorf("measure seek: %w", err)
		}
		floor = append(floor, took)
	}
	p.r.Seek, p.r.SeekCold, p.r.FloorSeek = spread(warm), spread(cold), spread(floor)
	return nil
}

// seek asks for a moment and reads until every picture has its key frame; bytes is how much came.
func (v *viewer) seek(ctx context.Context, at time.Duration) (took time.Duration, bytes int, err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	v.id++
	ask := fmt.Sprintf(`{"seek":{"id":%d,"at":%d,"until":%d}}`, v.id, at.Microseconds(), (at + 2*time.Second).Microseconds())
	began := time.Now()
	if err := v.conn.Write(ctx, false, []byte(ask)); err != nil {
		return 0, 0, err
	}
	answered := false
	seen := map[uint16]bool{}
	for {
		binary, data, err := v.conn.Read(ctx)
		if err != nil {
			return 0, 0, err
		}
		if !binary {
			var m struct{ At *struct{ ID int64 } }
			if err := json.Unmarshal(data, &m); err != nil {
				return 0, 0, err
			}
			answered = answered || m.At != nil && m.At.ID == v.id
			continue
		}
		if !answered {
			continue // of the place before
		}
		bytes += len(data)
		if data[0] != 1 { // sound
			continue
		}
		for rest := data[1:]; len(rest) > 0; {
			var f media.Frame
			if f, rest, err = media.ParseFrame(rest); err != nil {
				return 0, 0, err
			}
			if f.Key && !f.Config {
				seen[f.Track] = true
			}
		}
		if len(seen) == v.people {
			return time.Since(began), bytes, nil
		}
	}
}

// readAt measures how long reading n bytes takes that begin at a part of the file.
func readAt(path string, part float64, n int) (time.Duration, error) {
	began := time.Now()
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	_, err = f.ReadAt(make([]byte, n), int64(part*float64(info.Size()-int64(n))))
	return time.Since(began), err
}

package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"scaip/internal/admin"
	"scaip/internal/client"
	"scaip/internal/media/matroska"
	"scaip/internal/store"
)

// ReplayOptions say what is recorded, and what of it is measured.
type ReplayOptions struct {
	Loud     *matroska.Clip // what Speakers of the call send, again and again
	Quiet    *matroska.Clip // what the others send; nil: the same
	People   int            // in the long call
	Speakers int
	Length   time.Duration // of the long call
	Calls    int           // that are over, besides, at the start that is measured
	Seeks    int           // of each sort
	MaxDisk  int64         // bytes that the measurement may take; more is refused before anything is written
	KeepFile string        // where the long call's file is copied to; empty: it goes with the rest

	Progress func(what string, done float64) // may be nil
}

// ReplayResult is what calls that are over cost.
type ReplayResult struct {
	People   int     `json:"people"`
	Seconds  float64 `json:"seconds"` // of the long call
	Bytes    int64   `json:"bytes"`   // of its file
	Frames   int     `json:"frames"`
	Log      float64 `json:"log_mb_s"`       // writing its topics, for comparison
	Seal     float64 `json:"seal_mb_s"`      // from the topics to the synced file and the ledger
	SealCPU  float64 `json:"seal_mb_cpu_s"`  // for each second of processor time
	Resident int64   `json:"resident_bytes"` // of the sealing process at most, the log's server in it
	Floor    float64 `json:"floor_copy_mb_s"`

	Download float64 `json:"download_mb_s"` // over HTTP into a synced file, SHA-256 checked

	Seek      Spread `json:"seek"`       // from asking to a key frame of every picture, over the socket
	SeekCold  Spread `json:"seek_cold"`  // the same of a file that is not in memory
	FloorSeek Spread `json:"floor_seek"` // reading as many bytes from the same places of the file

	Calls      int          `json:"calls"`
	Start      milliseconds `json:"start_ms"`       // with these calls: from exec to ready, the median of five
	FloorStart milliseconds `json:"floor_start_ms"` // from exec to exit of `version`
}

// Replay records a long call and many short ones into the log of a daemon of the binary's, which does not run meanwhile, seals the long one, and measures
// the daemon that has them all. All is beneath parent, and goes afterwards.
func Replay(ctx context.Context, binary, parent string, o ReplayOptions) (r ReplayResult, err error) {
	if o.Quiet == nil {
		o.Quiet = o.Loud
	}
	if o.Progress == nil {
		o.Progress = func(string, float64) {}
	}
	if err := o.fits(parent); err != nil {
		return r, err
	}
	d, err := StartDaemon(ctx, binary, parent)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, d.Stop()) }()
	p := &pastCalls{o: o, d: d, r: &r, call: "long"}
	for _, step := range []func(context.Context) error{p.meet, p.record, p.seal, p.keepFile, p.finish, p.start, p.download, p.seek} {
		if err := step(ctx); err != nil {
			return r, err
		}
	}
	return r, nil
}

// keepFile copies the long call's file to where it is wanted.
func (p *pastCalls) keepFile(context.Context) (err error) {
	if p.o.KeepFile == "" {
		return nil
	}
	in, err := os.Open(filepath.Join(p.d.Dir, "calls", p.call+".mkv"))
	if err != nil {
		return fmt.Errorf("keep the file: %w", err)
	}
	defer in.Close()
	out, err := os.Create(p.o.KeepFile)
	if err != nil {
		return fmt.Errorf("keep the file: %w", err)
	}
	if _, err = io.Copy(out, in); err != nil {
		out.Close()
		return fmt.Errorf("keep the file: %w", err)
	}
	return out.Close()
}

// rate is how many bytes a second a clip has.
func rate(c *matroska.Clip) float64 {
	n := 0
	for _, p := range c.Packets {
		n += len(p.Data) + frameExtra
	}
	return float64(n) / period(c).Seconds()
}

// frameExtra is about what a frame takes in log and file besides its payload.
const frameExtra = 60

// fits refuses what would take more than it may, or than there is.
func (o ReplayOptions) fits(parent string) error {
	if o.People < 1 || o.Speakers < 0 || o.Speakers > o.People || o.Length < 20*time.Second || o.Calls < 0 || o.Seeks < 1 {
		return errors.New("measure replay: it needs somebody in the call, no more speakers than people, 20 s, and a seek")
	}
	most := int64(2.2 * o.Length.Seconds() * (float64(o.Speakers)*rate(o.Loud) + float64(o.People-o.Speakers)*rate(o.Quiet))) // the log, and the file
	if most > o.MaxDisk {
		return fmt.Errorf("measure replay: it would take %d MiB of disk, %d MiB are allowed", most>>20, o.MaxDisk>>20)
	}
	if parent == "" {
		parent = os.TempDir()
	}
	free, err := store.FreeSpace(parent)
	if err != nil {
		return fmt.Errorf("measure replay: %w", err)
	}
	if free < most+(2<<30) {
		return fmt.Errorf("measure replay: it takes %d MiB of disk, %d MiB are free in %s", most>>20, free>>20, parent)
	}
	return nil
}

// start measures the start with all the calls that are over. The first one after they have appeared has to take them in, and is not measured.
func (p *pastCalls) start(ctx context.Context) error {
	var starts, floors []time.Duration
	for i := range 5 {
		p.o.Progress("starting", float64(i)/5)
		began := time.Now()
		if err := exec.CommandContext(ctx, p.d.binary, "version").Run(); err != nil {
			return fmt.Errorf("measure start: %w", err)
		}
		floors = append(floors, time.Since(began))
		p.d.halt()
		if err := p.d.Launch(ctx); err != nil {
			return err
		}
		starts = append(starts, p.d.Start)
	}
	slices.Sort(starts)
	slices.Sort(floors)
	p.r.Start, p.r.FloorStart = milliseconds(starts[2]), milliseconds(floors[2])
	return nil
}

// download has the long call's file come over HTTP.
func (p *pastCalls) download(ctx context.Context) error {
	s, err := p.users[0].client.PrepareReplay(ctx, p.call, client.ReplayOptions{}, nil)
	if err != nil {
		return fmt.Errorf("measure download: %w", err)
	}
	f, err := os.CreateTemp(p.d.Dir, "download-")
	if err != nil {
		return fmt.Errorf("measure download: %w", err)
	}
	defer os.Remove(f.Name())
	began := time.Now()
	err = p.users[0].client.Resume(ctx, s, f, func(n int64) { p.o.Progress("downloading", float64(n)/float64(s.Bytes)) })
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("measure download: %w", err)
	}
	p.r.Download = float64(s.Bytes) / 1e6 / time.Since(began).Seconds()
	return nil
}

// recordings asks the daemon how many it has sealed.
func (p *pastCalls) recordings(ctx context.Context) (admin.Recordings, error) {
	var s admin.Status
	err := p.d.Admin.Do(ctx, "GET", "/admin/status", nil, &s)
	return s.Recordings, err
}

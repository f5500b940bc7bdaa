package seal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"scaip/internal/event"
	"scaip/internal/log"
	"scaip/internal/media"
	"scaip/internal/media/replay"
	"scaip/internal/store"
)

var (
	errGone  = errors.New("the call was deleted meanwhile")
	errGrows = errors.New("the call's topics still grow")
)

func (s *Sealer) path(call string) string { return filepath.Join(s.o.Dir, call+".mkv") }

// sums is the file beside a sealed one that sha256sum -c reads.
func (s *Sealer) sums(call string) string { return s.path(call) + ".sha256" }

// aside is where a file is made.
func (s *Sealer) aside(call string) string { return s.path(call) + ".new" }

func topics(call string) []log.Topic {
	return []log.Topic{media.Topic(call, media.Audio), media.Topic(call, media.Video)}
}

// CallOf returns the call of a media topic.
func CallOf(topic log.Topic) (call string, ok bool) {
	rest, ok := strings.CutPrefix(string(topic), "call.")
	if !ok {
		return "", false
	}
	for _, kind := range []string{media.Audio, media.Video} {
		if call, ok := strings.CutSuffix(rest, "."+kind); ok && event.ValidID(call) {
			return call, true
		}
	}
	return "", false
}

// seal makes a call's file, enters it in the ledger, and clears its topics. Every step can be the last: the next run begins anew, and what has
// been done stands or is done again with the same result.
func (s *Sealer) seal(ctx context.Context, call string) error {
	subject, ok, err := s.o.Describe(call)
	if err != nil {
		return fmt.Errorf("describe call: %w", err)
	}
	if !ok {
		return s.finish(call, toSeal) // deleted before it was sealed; that fate follows
	}
	if err := s.settle(ctx, subject.End); err != nil {
		return err
	}
	f, err := s.make(ctx, call, subject)
	if err != nil {
		return err
	}
	f.Sealed = s.o.Now().UTC()
	err = s.update(func(tx store.Tx) error {
		if is, err := gone.Has(tx, call); err != nil || is {
			return errors.Join(err, errGone)
		}
		if err := done.Put(tx, call, f); err != nil {
			return err
		}
		return todo.Put(tx, call, task{toClear, f.Sealed})
	})
	if err != nil {
		return fmt.Errorf("enter in ledger: %w", err)
	}
	if f.Missing > 0 || f.Skipped.Total() > 0 {
		s.o.Logger.Warn("call sealed, not all of it", "call", call, "frames", f.Frames, "lost_by_log", f.Missing, "left_out", f.Skipped.Total())
	} else {
		s.o.Logger.Info("call sealed", "call", call, "bytes", f.Bytes, "frames", f.Frames)
	}
	return s.clear(ctx, call, toClear)
}

// settle waits until the last frames have reached the topics.
func (s *Sealer) settle(ctx context.Context, end time.Time) error {
	left := s.o.Settle - s.o.Now().Sub(end)
	if left <= 0 {
		return nil
	}
	timer := time.NewTimer(min(left, s.o.Settle))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// make makes the file.
func (s *Sealer) make(ctx context.Context, call string, subject Subject) (File, error) {
	before, any, err := s.ends(ctx, call)
	if err != nil {
		return File{}, err
	}
	if !any { // an earlier run has come further than the ledger knows, or nobody ever came
		return s.adopt(call)
	}
	if err := s.o.Admit(); err != nil {
		return File{}, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r, err := replay.Export(ctx, s.aside(call), replay.Options{Log: s.o.Log, Call: call, Title: subject.Title, Start: subject.Start, About: subject.About,
		Progress: func(d float64) {
			if err := s.o.Admit(); err != nil {
				cancel(err)
			}
			s.mu.Lock()
			s.busy[call] = d
			s.mu.Unlock()
		}})
	empty := errors.Is(err, replay.ErrEmpty)
	if err != nil && !empty {
		return File{}, cmp.Or(context.Cause(ctx), err)
	}
	if after, _, err := s.ends(ctx, call); err != nil || after != before {
		return File{}, errors.Join(err, errGrows)
	}
	if empty {
		return File{Empty: true}, nil
	}
	sums := fmt.Sprintf("%s  %s\n", r.SHA256, filepath.Base(s.path(call)))
	if err := s.o.files.Write(s.sums(call), []byte(sums)); err != nil {
		return File{}, fmt.Errorf("write checksum: %w", err)
	}
	if err := s.o.files.Rename(s.aside(call), s.path(call)); err != nil {
		return File{}, fmt.Errorf("put file in place: %w", err)
	}
	return File{Bytes: r.Bytes, SHA256: r.SHA256, Tracks: r.Tracks, Frames: r.Frames, Duration: r.Duration, Skipped: r.Skipped, Missing: r.Missing}, nil
}

// ends returns where the two topics end; any is whether there is one.
func (s *Sealer) ends(ctx context.Context, call string) (ends [2]int64, any bool, err error) {
	for i, t := range topics(call) {
		b, err := s.o.Log.Bounds(ctx, t)
		if errors.Is(err, log.ErrNoTopic) {
			continue
		}
		if err != nil {
			return ends, any, fmt.Errorf("find end of topic: %w", err)
		}
		ends[i], any = b.Next, true
	}
	return ends, any, nil
}

// adopt enters a file that is there although the ledger does not know it: the ledger was lost. Without one, nothing was recorded.
func (s *Sealer) adopt(call string) (File, error) {
	raw, err := os.ReadFile(s.sums(call))
	if errors.Is(err, os.ErrNotExist) {
		return File{Empty: true}, nil
	}
	if err != nil {
		return File{}, fmt.Errorf("adopt file: %w", err)
	}
	want, _, _ := strings.Cut(string(raw), " ")
	n, sum, err := replay.Digest(s.path(call))
	if errors.Is(err, os.ErrNotExist) {
		return File{Empty: true}, nil
	}
	if err != nil {
		return File{}, fmt.Errorf("adopt file: %w", err)
	}
	if sum != want {
		s.o.Logger.Error("a sealed call is damaged", "call", call)
	}
	return File{Bytes: n, SHA256: want}, nil
}

// clear deletes the topics of a call whose file is there, or which is deleted, and is done with it.
func (s *Sealer) clear(ctx context.Context, call, what string) error {
	for _, t := range topics(call) {
		if err := s.o.Log.Delete(ctx, t); err != nil {
			return fmt.Errorf("delete topic: %w", err)
		}
	}
	return s.finish(call, what)
}

// finish takes a call off the list, unless something else has been put there.
func (s *Sealer) finish(call, what string) error {
	err := s.update(func(tx store.Tx) error {
		t, ok, err := todo.Get(tx, call)
		if err != nil || !ok || t.What != what {
			return err
		}
		return todo.Delete(tx, call)
	})
	if err != nil {
		return fmt.Errorf("take off ledger: %w", err)
	}
	return nil
}

// delete removes all that there is of a call. The ledger says already that it is gone.
func (s *Sealer) delete(ctx context.Context, call string) error {
	for _, path := range []string{s.path(call), s.sums(call), s.aside(call), s.aside(call) + ".part"} {
		if err := s.o.files.Remove(path); err != nil {
			return fmt.Errorf("delete file: %w", err)
		}
	}
	s.o.Forget(call)
	if err := s.clear(ctx, call, toDelete); err != nil {
		return err
	}
	s.o.Logger.Info("recording deleted", "call", call)
	return nil
}

// A Verdict is what Verify found of a file that is not as it was sealed.
type Verdict struct {
	Call   string
	Reason string
}

// Verify reads all sealed files and compares them with the ledger. It returns how many there are, with their bytes, and those that are damaged or
// missing.
func (s *Sealer) Verify(ctx context.Context) (files int, bytes int64, bad []Verdict, err error) {
	for after := ""; ; {
		var rows []store.Entry[File]
		err := s.o.Ledger.View(func(r store.Reader) error {
			for row, err := range done.Scan(r, store.Range{From: after}) {
				if err != nil {
					return err
				}
				if rows = append(rows, row); len(rows) == 100 {
					break
				}
			}
			return nil
		})
		if err != nil {
			return files, bytes, bad, fmt.Errorf("read ledger: %w", err)
		}
		for _, row := range rows {
			after = row.Key + "\x00"
			if err := ctx.Err(); err != nil {
				return files, bytes, bad, err
			}
			if row.Value.Empty {
				continue
			}
			files, bytes = files+1, bytes+row.Value.Bytes
			n, sum, err := replay.Digest(s.path(row.Key))
			switch {
			case errors.Is(err, os.ErrNotExist):
				bad = append(bad, Verdict{row.Key, "the file is not there"})
			case err != nil:
				bad = append(bad, Verdict{row.Key, err.Error()})
			case n != row.Value.Bytes || sum != row.Value.SHA256:
				bad = append(bad, Verdict{row.Key, fmt.Sprintf("%d bytes with SHA-256 %.12s… instead of %d with %.12s…", n, sum, row.Value.Bytes, row.Value.SHA256)})
			}
		}
		if len(rows) < 100 {
			return files, bytes, bad, nil
		}
	}
}

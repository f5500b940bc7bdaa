package edge

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"scaip/internal/log"
	"scaip/internal/media"
	"scaip/internal/store"
)

const topicTimeout = 10 * time.Second

// topics makes the topics of calls that have begun and deletes those of deleted calls, away from the runner's goroutine.
type topics struct {
	wake chan struct{}

	mu   sync.Mutex
	todo map[string]bool // call → whether its topic shall be
}

func (t *topics) init() { t.wake, t.todo = make(chan struct{}, 1), map[string]bool{} }

// want notes whether a call's topic shall exist. The latest wish holds.
func (t *topics) want(call string, exist bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.todo[call] = exist
	select {
	case t.wake <- struct{}{}:
	default: // it is awake already
	}
}

// again puts back a wish that could not be met, unless there is a newer one.
func (t *topics) again(call string, exist bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, newer := t.todo[call]; !newer {
		t.todo[call] = exist
	}
}

func (t *topics) take() map[string]bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	todo := t.todo
	t.todo = map[string]bool{}
	return todo
}

func (t *topics) run(ctx context.Context, e *Edge) {
	retry := time.NewTicker(5 * time.Second)
	defer retry.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.wake:
		case <-retry.C:
		}
		for call, exist := range t.take() {
			var err error
			if exist {
				err = e.createTopic(ctx, call)
			} else {
				err = e.deleteTopic(ctx, call)
			}
			if err == nil || errors.Is(err, log.ErrClosed) {
				continue
			}
			if ctx.Err() == nil {
				e.logError("media topic not brought in order", call, err)
			}
			if !exist { // one that is missing is made by its first socket
				t.again(call, exist)
			}
		}
	}
}

func (e *Edge) createTopic(ctx context.Context, call string) error {
	ctx, cancel := context.WithTimeout(ctx, topicTimeout)
	defer cancel()
	if err := e.o.Media.Create(ctx, media.Topic(call, e.o.Service), log.Retention{MaxBytes: e.o.MaxBytes}); err != nil {
		return fmt.Errorf("create media topic: %w", err)
	}
	return nil
}

func (e *Edge) deleteTopic(ctx context.Context, call string) error {
	ctx, cancel := context.WithTimeout(ctx, topicTimeout)
	defer cancel()
	if err := e.o.Media.Delete(ctx, media.Topic(call, e.o.Service)); err != nil {
		return fmt.Errorf("delete media topic: %w", err)
	}
	return nil
}

// findTopics has the topics deleted whose calls were deleted while this edge was down.
func (e *Edge) findTopics(ctx context.Context) error {
	infos, err := e.o.Media.Topics(ctx, "call.")
	if err != nil {
		return fmt.Errorf("list media topics: %w", err)
	}
	return e.o.Store.View(func(r store.Reader) error {
		for _, info := range infos {
			id, ours := strings.CutSuffix(strings.TrimPrefix(string(info.Topic), "call."), "."+e.o.Service)
			if !ours {
				continue
			}
			if c, _, err := calls.Get(r, id); err != nil {
				return err
			} else if c.Deleted {
				e.topics.want(id, false)
			}
		}
		return nil
	})
}

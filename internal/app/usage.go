package app

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"scaip/internal/admin"
	"scaip/internal/event"
	"scaip/internal/log"
	"scaip/internal/media/seal"
	"scaip/internal/services"
	"scaip/internal/services/query"
	"scaip/internal/store"
)

const (
	usageEvery = 5 * time.Second
	recently   = 7 * 24 * time.Hour // the days of which a forecast takes the rate
)

// A usage knows how much recordings and running calls take, and whether that is the quota or more.
type usage struct {
	quota  int64 // 0: none
	sealer *seal.Sealer
	media  log.Admin
	disk   *disk
	query  store.Store
	logger *slog.Logger
	now    func() time.Time
	over   atomic.Bool
}

func (u *usage) spent() bool { return u.over.Load() }

// run measures until ctx ends; without a quota there is no need to.
func (u *usage) run(ctx context.Context) error {
	if u.quota == 0 {
		<-ctx.Done()
		return nil
	}
	tick := time.NewTicker(usageEvery)
	defer tick.Stop()
	for {
		if err := u.look(ctx); err != nil && ctx.Err() == nil {
			u.logger.Warn("measure what recordings take", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// look measures once.
func (u *usage) look(ctx context.Context) error {
	st, running, err := u.taken(ctx)
	if err != nil {
		return err
	}
	// A twentieth less than the quota ends it, so that it does not flutter.
	used := st.Bytes + running
	over := used >= u.quota || u.over.Load() && used >= u.quota-u.quota/20
	if u.over.Swap(over) != over {
		if over {
			u.logger.Error("the quota is spent: running calls are not kept any more", "used_mib", used>>20, "quota_mib", u.quota>>20)
		} else {
			u.logger.Info("recordings are within the quota again", "used_mib", used>>20)
		}
	}
	return nil
}

// taken is what recordings take, and running calls.
func (u *usage) taken(ctx context.Context) (st seal.Stats, running int64, err error) {
	if st, err = u.sealer.Stats(); err != nil {
		return st, 0, err
	}
	topics, err := u.media.Topics(ctx, "call.")
	if err != nil {
		return st, 0, fmt.Errorf("measure running calls: %w", err)
	}
	for _, t := range topics {
		running += max(t.Bytes, 0)
	}
	return st, running, nil
}

// report says how much is taken, by group, and how long the rest lasts if it goes on as in the last days.
func (u *usage) report(ctx context.Context) (r admin.Recordings, err error) {
	st, running, err := u.taken(ctx)
	if err != nil {
		return r, err
	}
	r = admin.Recordings{Files: st.Files, Bytes: st.Bytes, Waiting: st.Waiting, Running: running, Quota: u.quota, Spent: u.spent(), DaysLeft: -1}
	now := u.now()
	groups := map[string]*admin.GroupUse{}
	first, recent := now, int64(0)
	err = u.query.View(func(v store.Reader) error {
		return u.sealer.Each(func(k seal.Kept) error {
			if k.Sealed.After(now.Add(-recently)) {
				recent += k.Bytes
			}
			if k.Sealed.Before(first) {
				first = k.Sealed
			}
			known, err := query.Know(v, k.Call)
			if err != nil {
				return err
			}
			g := groups[known.Group]
			if g == nil {
				g = &admin.GroupUse{Group: known.Group, Name: known.Name}
				groups[known.Group] = g
			}
			g.Calls, g.Bytes = g.Calls+1, g.Bytes+k.Bytes
			return nil
		})
	})
	if err != nil {
		return r, err
	}
	for _, g := range slices.SortedFunc(maps.Values(groups), func(a, b *admin.GroupUse) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Group, b.Group))
	}) {
		r.Groups = append(r.Groups, *g)
	}
	days := min(max(now.Sub(first), 24*time.Hour), recently).Hours() / 24
	r.PerDay = int64(float64(recent) / days)
	r.Disk = max(u.disk.free.Load()-u.disk.mark, 0)
	r.Left = r.Disk
	if u.quota > 0 {
		r.Left = min(r.Left, max(u.quota-st.Bytes-running, 0))
	}
	if r.PerDay > 0 {
		r.DaysLeft = float64(r.Left) / float64(r.PerDay)
	}
	return r, nil
}

// callsAtOnce is how many calls a page of them has.
const callsAtOnce = 100

// calls lists the calls that are kept, the largest first, without the first skip of them.
func (u *usage) calls(skip int) (page admin.RecordedCalls, err error) {
	var all []seal.Kept
	if err := u.sealer.Each(func(k seal.Kept) error { all = append(all, k); return nil }); err != nil {
		return page, err
	}
	slices.SortFunc(all, func(a, b seal.Kept) int { return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Call, b.Call)) })
	all = all[min(skip, len(all)):]
	page = admin.RecordedCalls{Calls: []admin.RecordedCall{}, More: len(all) > callsAtOnce}
	err = u.query.View(func(v store.Reader) error {
		for _, k := range all[:min(callsAtOnce, len(all))] {
			known, err := query.Know(v, k.Call)
			if err != nil {
				return err
			}
			page.Calls = append(page.Calls, admin.RecordedCall{Call: k.Call, Group: known.Group, Name: known.Name, Title: known.Title,
				Start: known.Start, Seconds: k.Duration.Seconds(), Bytes: k.Bytes})
		}
		return nil
	})
	if err != nil {
		return page, fmt.Errorf("list recordings: %w", err)
	}
	return page, nil
}

// routes answer administrators of the web client.
func (u *usage) routes(gate services.Gate) []services.Route {
	return []services.Route{
		{Pattern: "GET /api/recordings", Handler: u.admins(gate, func(r *http.Request) (any, error) { return u.report(r.Context()) })},
		{Pattern: "GET /api/recordings/calls", Handler: u.admins(gate, func(r *http.Request) (any, error) {
			skip, err := strconv.Atoi(cmp.Or(r.FormValue("skip"), "0"))
			if err != nil || skip < 0 {
				return nil, event.Refuse(event.Invalid, "How many calls are skipped is a number from 0 on.")
			}
			return u.calls(skip)
		})},
	}
}

// admins makes a handler of f, for administrators alone.
func (u *usage) admins(gate services.Gate, f func(*http.Request) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, err := gate.Authenticate(r)
		if err == nil && s.Role != event.RoleAdmin {
			err = event.Refuse(event.Denied, "Only an administrator may see this.")
		}
		var out any
		if err == nil {
			out, err = f(r)
		}
		if err != nil {
			services.WriteError(w, u.logger, err)
			return
		}
		services.WriteJSON(w, http.StatusOK, out)
	})
}

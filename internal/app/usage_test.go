package app

import (
	"encoding/json"
	"io"
	"log/slog"
	"strings"
	"testing"

	"scaip/internal/admin"
	"scaip/internal/event"
	"scaip/internal/log"
	"scaip/internal/log/memlog"
	"scaip/internal/media"
	"scaip/internal/media/seal"
)

// A quota that is spent takes from a running call its beginning, not its end, and says why.
func TestAQuotaStopsKeepingNotTheCall(t *testing.T) {
	l := memlog.New()
	defer l.Close()
	spent := false
	k := newKeeping(l, testDisk(800, 1000), func() bool { return spent })
	topic := media.Topic("c1", media.Audio)
	if err := k.Create(t.Context(), topic, log.Retention{}); err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		spent = i >= 2
		if _, err := k.Append(t.Context(), topic, make([]log.Record, 6000)...); err != nil {
			t.Fatalf("append %d: %v", i, err)
		}
		want := int64(6000 * (i + 1))
		if spent {
			want = lastRecords
		}
		if b, err := l.Bounds(t.Context(), topic); err != nil || b.Next-b.First != want {
			t.Errorf("after append %d %d records are held, %v; want %d", i, b.Next-b.First, err, want)
		}
	}
	if len(k.stopped) != 1 || <-k.stopped != (stop{"c1", "quota"}) {
		t.Error("it was not told once, and why")
	}
}

func TestUsage(t *testing.T) {
	c := config(t)
	c.Quota, c.Logger = 400_000, slog.New(slog.NewTextHandler(io.Discard, nil))
	d := run(t, c)
	ada, adas := d.user("ada", event.RoleAdmin)
	bob, bobs := d.user("bob", event.RoleUser)
	one, two := d.team(ada), d.team(bob)
	calls := []string{d.held(one, ada), d.held(two, bob)}
	d.until("sealed", func() bool {
		return d.state(calls[0]) == seal.Sealed && d.state(calls[1]) == seal.Sealed && d.mediaTopics() == 0
	})
	status, body, _ := d.do(request{method: "GET", path: "/api/recordings", token: adas})
	var r admin.Recordings
	if err := json.Unmarshal([]byte(body), &r); err != nil || status != 200 {
		t.Fatalf("%d %s, %v", status, body, err)
	}
	if r.Files != 2 || r.Bytes < 200_000 || len(r.Groups) != 2 || r.Groups[0].Bytes+r.Groups[1].Bytes != r.Bytes || r.Groups[0].Calls != 1 || r.Groups[0].Name != "Team" {
		t.Errorf("two calls of two groups take %+v", r)
	}
	if r.PerDay != r.Bytes || r.Quota != 400_000 || r.Left != max(0, 400_000-r.Bytes) || r.DaysLeft != float64(r.Left)/float64(r.PerDay) {
		t.Errorf("the forecast of the first day is %+v", r)
	}
	if r.Disk < r.Left {
		t.Errorf("the disk takes %d bytes, and %d are left", r.Disk, r.Left)
	}
	for _, path := range []string{"/api/recordings", "/api/recordings/calls"} {
		if status, _, _ := d.do(request{method: "GET", path: path, token: bobs}); status != 403 {
			t.Errorf("who is no administrator gets %d of %s", status, path)
		}
	}
	if err := d.app.system.usage.look(t.Context()); err != nil || !d.app.system.usage.spent() {
		t.Errorf("%d bytes of %d are not the quota, %v", r.Bytes, r.Quota, err)
	}
	room := func() string {
		var doctor admin.Doctor
		if err := d.admin.Do(t.Context(), "GET", "/admin/doctor", nil, &doctor); err != nil {
			t.Fatal(err)
		}
		for _, check := range doctor.Checks {
			if check.Name == "room" {
				return check.State + " " + check.Text
			}
		}
		return ""
	}
	if got := room(); !strings.HasPrefix(got, "fail the quota") {
		t.Errorf("doctor says %q", got)
	}
	d.command("", event.CallsDelete{Call: calls[0]})
	d.until("deleted", func() bool { return d.state(calls[0]) == seal.Gone })
	d.until("within the quota again", func() bool {
		return d.app.system.usage.look(t.Context()) == nil && !d.app.system.usage.spent()
	})
	if got := room(); !strings.HasPrefix(got, "warn recordings grow") {
		t.Errorf("then doctor says %q", got)
	}
}

func TestRecordedCallsAreListedBySize(t *testing.T) {
	d := run(t, config(t))
	ada, token := d.user("ada", event.RoleAdmin)
	group := d.team(ada)
	want := map[string]bool{d.held(group, ada): true, d.held(group, ada): true}
	for call := range want {
		d.until("sealed", func() bool { return d.state(call) == seal.Sealed })
	}
	list := func(query string) (page admin.RecordedCalls) {
		t.Helper()
		status, body, _ := d.do(request{method: "GET", path: "/api/recordings/calls" + query, token: token})
		if err := json.Unmarshal([]byte(body), &page); err != nil || status != 200 || page.More {
			t.Fatalf("%d %s, %v", status, body, err)
		}
		return page
	}
	all := list("").Calls
	if len(all) != 2 || all[0].Bytes < all[1].Bytes || all[0].Call == all[1].Call {
		t.Fatalf("listed are %+v", all)
	}
	for _, c := range all {
		f, _, _, _ := d.app.system.sealer.Find(c.Call)
		if !want[c.Call] || c.Group != group || c.Name != "Team" || c.Title != "Standup" || c.Start.IsZero() || c.Seconds != f.Duration.Seconds() || c.Bytes != f.Bytes {
			t.Errorf("a call of %d bytes, %v, is listed as %+v", f.Bytes, f.Duration, c)
		}
	}
	if rest := list("?skip=1").Calls; len(rest) != 1 || rest[0] != all[1] {
		t.Errorf("without the first, listed are %+v", rest)
	}
	if none := list("?skip=5").Calls; len(none) != 0 {
		t.Errorf("without the first five, listed are %+v", none)
	}
	for _, wrong := range []string{"x", "-1"} {
		if status, _, _ := d.do(request{method: "GET", path: "/api/recordings/calls?skip=" + wrong, token: token}); status != 400 {
			t.Errorf("skip %s is answered by status %d", wrong, status)
		}
	}
}

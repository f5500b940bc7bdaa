package services

import (
	"fmt"
	"net/http"
	"strconv"

	"scaip/internal/event"
)

// Bounds are those of a number in a request's query; Default stands for one that is missing.
type Bounds struct{ Min, Max, Default uint64 }

// Number reads the number called name from r's query. One that is malformed or out of bounds is a Refusal.
func Number(r *http.Request, name string, b Bounds) (uint64, error) {
	s := r.URL.Query().Get(name)
	if s == "" {
		return b.Default, nil
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || n < b.Min || n > b.Max {
		return 0, event.Refuse(event.Invalid, fmt.Sprintf("%q is a number from %d to %d.", name, b.Min, b.Max))
	}
	return n, nil
}

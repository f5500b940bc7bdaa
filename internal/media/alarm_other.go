//go:build !linux

package media

// NewAlarm is a HubOptions.Timer.
func NewAlarm(call func()) timer { return newCalendar(call) }

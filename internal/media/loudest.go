package media

import "time"

// Loudest ranks the speakers of a call by the levels that their frames carry, so that only the N loudest need be forwarded. Whoever
// was loud keeps that rank for a hangover, so that words are not cut off, and a track without a frame for as long (discontinuous
// transmission) counts as silent. Of equally loud ones, who is heard already stays, then the lower track.
//
// It belongs to one goroutine at a time.
type Loudest struct {
	N    int           // speakers; 0: all
	Hang time.Duration // the hangover

	speakers map[uint16]*speaker
}

type speaker struct {
	track         uint16
	peak          uint8 // loudest level within the hangover, −dBov
	peakAt, heard int64
	in            bool // among the N at its last frame
}

// Heard notes a frame of a track at now (ns) and returns the track's rank among those who speak now: 0 is the loudest.
func (l *Loudest) Heard(track uint16, level uint8, now int64) int {
	if l.speakers == nil {
		l.speakers = map[uint16]*speaker{}
	}
	s := l.speakers[track]
	if s == nil {
		s = &speaker{track: track, peak: level, peakAt: now}
		l.speakers[track] = s
	}
	if level <= s.peak || now-s.peakAt > int64(l.Hang) {
		s.peak, s.peakAt = level, now
	}
	s.heard = now
	rank := 0
	for _, o := range l.speakers {
		if o != s && now-o.heard <= int64(l.Hang) && o.before(s) {
			rank++
		}
	}
	s.in = rank < l.N
	return rank
}

func (s *speaker) before(o *speaker) bool {
	switch {
	case s.peak != o.peak:
		return s.peak < o.peak
	case s.in != o.in:
		return s.in
	}
	return s.track < o.track
}

// Own says how many of a seat's tracks are among the N at now. Their owner does not hear them, so as many more are for him.
func (l *Loudest) Own(seat int, now int64) int {
	n := 0
	for slot := SlotMain; slot <= SlotScreen; slot++ {
		if s := l.speakers[TrackOf(seat, slot)]; s != nil && s.in && now-s.heard <= int64(l.Hang) {
			n++
		}
	}
	return n
}

// Ended forgets a track.
func (l *Loudest) Ended(track uint16) { delete(l.speakers, track) }

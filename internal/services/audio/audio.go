// Package audio is the service of the audio sockets: package edge for one kind.
package audio

import (
	"scaip/internal/media"
	"scaip/internal/services/edge"
)

// New returns the audio service; o.Service is set here.
func New(o edge.Options) *edge.Edge {
	o.Service = media.Audio
	return edge.New(o)
}

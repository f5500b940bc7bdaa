// Package video is the service of the video sockets: package edge for one kind.
package video

import (
	"scaip/internal/media"
	"scaip/internal/services/edge"
)

// New returns the video service; o.Service is set here.
func New(o edge.Options) *edge.Edge {
	o.Service = media.Video
	return edge.New(o)
}

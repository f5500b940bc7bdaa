package media

// Codecs is a set of families of video codecs.
type Codecs uint8

// The families, in the order in which they are named.
const (
	VP8 Codecs = 1 << iota // every browser decodes it
	VP9
	AV1
	H264

	AllCodecs = VP8 | VP9 | AV1 | H264
)

func codecNames() [4]string { return [4]string{"vp8", "vp9", "av1", "h264"} }

// CodecsOf returns the families that are named; what is not known is passed over.
func CodecsOf(names []string) (c Codecs) {
	for _, name := range names {
		for i, known := range codecNames() {
			if name == known {
				c |= 1 << i
			}
		}
	}
	return c
}

// Names returns the names of a set.
func (c Codecs) Names() []string {
	names := []string{}
	for i, name := range codecNames() {
		if c>>i&1 != 0 {
			names = append(names, name)
		}
	}
	return names
}

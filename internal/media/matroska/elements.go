package matroska

import (
	"bytes"
	"fmt"
	"time"

	"github.com/at-wat/ebml-go"
)

// The elements of a file, as ebml-go maps them: field order is the order in the file.
type (
	header struct {
		EBMLVersion            uint64
		EBMLReadVersion        uint64
		EBMLMaxIDLength        uint64
		EBMLMaxSizeLength      uint64
		EBMLDocType            string
		EBMLDocTypeVersion     uint64
		EBMLDocTypeReadVersion uint64
	}
	webmHeader struct { // with a number of five bytes: it is then as long as the other
		EBMLVersion            uint64 `ebml:"EBMLVersion,size=5"`
		EBMLReadVersion        uint64
		EBMLMaxIDLength        uint64
		EBMLMaxSizeLength      uint64
		EBMLDocType            string
		EBMLDocTypeVersion     uint64
		EBMLDocTypeReadVersion uint64
	}
	seek struct {
		SeekID       []byte
		SeekPosition uint64 `ebml:"SeekPosition,size=8"`
	}
	seekHead struct {
		Seek []seek
	}
	info struct {
		TimestampScale uint64     `ebml:"TimecodeScale"`
		Duration       float64    `ebml:"Duration"`
		DateUTC        *time.Time `ebml:"DateUTC,size=8"`
		Title          string     `ebml:"Title,omitempty"`
		MuxingApp      string     `ebml:"MuxingApp"`
		WritingApp     string     `ebml:"WritingApp"`
	}
	video struct {
		PixelWidth  uint64
		PixelHeight uint64
	}
	audio struct {
		SamplingFrequency float64
		Channels          uint64
	}
	trackEntry struct {
		TrackNumber  uint64
		TrackUID     uint64
		TrackType    uint64
		FlagDefault  uint64
		FlagLacing   uint64
		Name         string `ebml:"Name,omitempty"`
		Language     string `ebml:"Language,omitempty"`
		CodecID      string
		CodecPrivate []byte `ebml:"CodecPrivate,omitempty"`
		CodecDelay   uint64 `ebml:"CodecDelay,omitempty"`
		SeekPreRoll  uint64 `ebml:"SeekPreRoll,omitempty"`
		Video        *video
		Audio        *audio

		MaxBlockAdditionID   uint64 `ebml:"MaxBlockAdditionID,omitempty"`
		BlockAdditionMapping []blockAdditionMapping
	}
	blockAdditionMapping struct {
		BlockAddIDValue uint64
		BlockAddIDName  string
	}
	tracks struct {
		TrackEntry []trackEntry
	}
	blockGroup struct {
		Block          ebml.Block
		ReferenceBlock []int64
	}
	readInfo struct { // ebml-go reads no optional dates
		TimestampScale uint64 `ebml:"TimecodeScale"`
	}
	fileInfo struct { // what a Writer writes
		Duration float64
		DateUTC  time.Time
		Title    string
	}
	readCluster struct {
		Timestamp   uint64 `ebml:"Timecode"`
		SimpleBlock []ebml.Block
		BlockGroup  []blockGroup
	}
	cueTrackPositions struct {
		CueTrack           uint64
		CueClusterPosition uint64
	}
	cuePoint struct {
		CueTime           uint64
		CueTrackPositions []cueTrackPositions
	}
	cues struct {
		CuePoint []cuePoint
	}
	simpleTag struct {
		TagName     string
		TagLanguage string
		TagDefault  uint64
		TagString   string
	}
	targets struct {
		TagTrackUID uint64
	}
	tag struct {
		Targets   targets
		SimpleTag []simpleTag
	}
	tags struct {
		Tag []tag
	}
	chapters struct {
		EditionEntry editionEntry
	}
	editionEntry struct {
		EditionUID         uint64
		EditionFlagDefault uint64
		ChapterAtom        []chapterAtom
	}
	chapterAtom struct {
		ChapterUID       uint64
		ChapterTimeStart uint64 // ns
		ChapterDisplay   chapterDisplay
	}
	chapterDisplay struct {
		ChapString   string
		ChapLanguage string
	}
	attachments struct {
		AttachedFile []attachedFile
	}
	attachedFile struct {
		FileDescription string `ebml:"FileDescription,omitempty"`
		FileName        string
		FileMimeType    string
		FileData        []byte
		FileUID         uint64
	}
)

// Values of TrackType.
const (
	typeVideo = 1
	typeAudio = 2
	typeText  = 17
)

// encode returns the bytes of the one element that v, a pointer to a struct of one field, holds.
func encode(v any, opts ...ebml.MarshalOption) ([]byte, error) {
	var b bytes.Buffer
	if err := ebml.Marshal(v, &b, opts...); err != nil {
		return nil, fmt.Errorf("encode EBML: %w", err)
	}
	return b.Bytes(), nil
}

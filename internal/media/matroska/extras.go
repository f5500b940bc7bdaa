package matroska

import (
	"encoding/binary"
	"time"

	"github.com/at-wat/ebml-go"
)

// A Chapter is a named moment of the file.
type Chapter struct {
	At    time.Duration // ≥ 0
	Title string
}

// An Attachment is a file in the file.
type Attachment struct {
	Name        string
	MIME        string
	Description string // may be empty
	Data        []byte
}

// AddChapter adds a chapter, at any time before Close. Chapters come in order of time.
func (w *Writer) AddChapter(c Chapter) { w.chapters = append(w.chapters, c) }

// Attach adds a file, at any time before Close.
func (w *Writer) Attach(a Attachment) { w.attached = append(w.attached, a) }

// place says where an element of the segment's top level is.
type place struct {
	id []byte
	at int64 // in the file
}

// tail writes what comes behind the clusters, and returns where.
func (w *Writer) tail() (places []place, err error) {
	add := func(id []byte, there bool, element any) {
		if err != nil || !there {
			return
		}
		var raw []byte
		if raw, err = encode(element); err == nil {
			places = append(places, place{id, w.pos})
			err = w.put(raw)
		}
	}
	add(ebml.ElementChapters.Bytes(), len(w.chapters) > 0, &struct{ Chapters chapters }{w.chapterList()})
	add(ebml.ElementAttachments.Bytes(), len(w.attached) > 0, &struct{ Attachments attachments }{w.attachmentList()})
	add(ebml.ElementTags.Bytes(), len(w.tracks) > 0, &struct{ Tags tags }{w.tags()})
	add(ebml.ElementCues.Bytes(), len(w.cues) > 0, &struct{ Cues cues }{w.cueList()})
	return places, err
}

func (w *Writer) chapterList() (list chapters) {
	list.EditionEntry.EditionUID, list.EditionEntry.EditionFlagDefault = 1, 1
	for i, c := range w.chapters {
		list.EditionEntry.ChapterAtom = append(list.EditionEntry.ChapterAtom, chapterAtom{ChapterUID: uint64(i + 1),
			ChapterTimeStart: uint64(max(c.At, 0)), ChapterDisplay: chapterDisplay{ChapString: c.Title, ChapLanguage: "und"}})
	}
	return list
}

func (w *Writer) attachmentList() (list attachments) {
	for i, a := range w.attached {
		list.AttachedFile = append(list.AttachedFile, attachedFile{FileDescription: a.Description, FileName: a.Name, FileMimeType: a.MIME,
			FileData: a.Data, FileUID: uint64(i + 1)})
	}
	return list
}

// seekHead points to the elements at the given places.
func (w *Writer) seekHead(places []place) (s seekHead) {
	for _, p := range places {
		s.Seek = append(s.Seek, seek{SeekID: p.id, SeekPosition: uint64(p.at - segmentStart)})
	}
	return s
}

// segmentHead returns the head of the segment: ebml-go writes one either whole or of unknown size; the size is known by now: 8 bytes
// (RFC 8794, section 4).
func (w *Writer) segmentHead() []byte {
	return binary.BigEndian.AppendUint64(ebml.ElementSegment.Bytes(), 1<<56|uint64(w.pos-segmentStart))
}

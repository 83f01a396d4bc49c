package decision

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
)

// FileName is what the log is called in its folder.
const FileName = "decisions.log"

const (
	newName    = "decisions.log.new"
	lockName   = "decisions.lock"
	magic      = "WASQLDEC"
	version    = 1
	headerSize = 32
	frameSize  = 16
	// payloadMax bounds a record: no transaction has that many participants.
	payloadMax = 1 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// file is the log on disk.
type file struct {
	folder, name string
	lock, log    *os.File
	// seed of the checksums of this file; synced is the position up to which it is on disk, end that of the next frame.
	seed        uint32
	synced, end int64
}

// faults lets tests fail what the log does with its file: operation is write, sync, rename or folder.
var faults func(operation string) error

func fault(operation string) error {
	if faults == nil {
		return nil
	}
	return faults(operation)
}

func openFile(folder string, replay func(kind int, texts []string) error) (f *file, err error) {
	f = &file{folder: folder, name: filepath.Join(folder, FileName)}
	lock, err := os.OpenFile(filepath.Join(folder, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the decision log cannot be opened: %w", err)
	}
	f.lock = lock
	defer func() {
		if err != nil {
			_ = f.close() // the first error is the one to tell
		}
	}()
	taken, err := take(lock)
	if err != nil {
		return f, fmt.Errorf("the decision log %s cannot be locked: %w", f.name, err)
	}
	if !taken {
		return f, &LockedError{f.name}
	}
	// What a rewrite left that did not come to its end.
	if err := os.Remove(filepath.Join(folder, newName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return f, err
	}
	text, err := os.ReadFile(f.name)
	if errors.Is(err, fs.ErrNotExist) {
		return f, f.rewrite(func(func(int, []string) error) error { return nil })
	}
	if err != nil {
		return f, err
	}
	if err := f.read(text, replay); err != nil {
		return f, err
	}
	if f.log, err = os.OpenFile(f.name, os.O_RDWR, 0); err != nil {
		return f, err
	}
	// What is there may be in the system's memory only, and a torn tail goes.
	if err := f.log.Truncate(f.end); err != nil {
		return f, err
	}
	return f, f.sync()
}

// read replays the frames of a file, and finds its end.
func (f *file) read(text []byte, replay func(kind int, texts []string) error) error {
	if len(text) < headerSize || string(text[:8]) != magic || binary.LittleEndian.Uint32(text[28:]) != crc32.Checksum(text[:28], castagnoli) {
		return &CorruptError{f.name, 0, "its header does not match its checksum"}
	}
	if v := binary.LittleEndian.Uint32(text[8:]); v != version {
		return &CorruptError{f.name, 8, fmt.Sprintf("its format is version %d, this program knows %d", v, version)}
	}
	f.seed = binary.LittleEndian.Uint32(text[28:])
	at := int64(headerSize)
	for at < int64(len(text)) {
		payload, _, ok := f.frame(text, at)
		if !ok {
			if proof := f.proof(text, at); proof >= 0 {
				return &CorruptError{f.name, at, fmt.Sprintf("a record behind it, at byte %d, was written when this one was on disk", proof)}
			}
			break
		}
		kind, texts, ok := decode(payload)
		if !ok {
			return &CorruptError{f.name, at, "a record is not whole, although its checksum matches"}
		}
		if err := replay(kind, texts); err != nil {
			return &CorruptError{f.name, at, err.Error()}
		}
		at += padded(frameSize + len(payload))
	}
	f.end = at
	return nil
}

// proof finds a frame behind at that says at was on disk; -1: there is none.
func (f *file) proof(text []byte, at int64) int64 {
	for behind := at + 8; behind+frameSize <= int64(len(text)); behind += 8 {
		if _, synced, ok := f.frame(text, behind); ok && synced > at {
			return behind
		}
	}
	return -1
}

// frame reads one.
func (f *file) frame(text []byte, at int64) (payload []byte, synced int64, ok bool) {
	rest := text[at:]
	if len(rest) < frameSize {
		return nil, 0, false
	}
	size := binary.LittleEndian.Uint32(rest[4:])
	if size > payloadMax || int(size) > len(rest)-frameSize {
		return nil, 0, false
	}
	if crc32.Update(f.seed, castagnoli, rest[4:frameSize+size]) != binary.LittleEndian.Uint32(rest) {
		return nil, 0, false
	}
	return rest[frameSize : frameSize+size], int64(binary.LittleEndian.Uint64(rest[8:])), true
}

func padded(n int) int64 { return int64(n+7) &^ 7 }

func encode(b []byte, kind int, texts []string) []byte {
	b = binary.AppendUvarint(append(b, byte(kind)), uint64(len(texts)))
	for _, text := range texts {
		b = append(binary.AppendUvarint(b, uint64(len(text))), text...)
	}
	return b
}

func decode(b []byte) (kind int, texts []string, ok bool) {
	if len(b) == 0 {
		return 0, nil, false
	}
	kind, b = int(b[0]), b[1:]
	n, used := binary.Uvarint(b)
	if used <= 0 || n > uint64(len(b)) {
		return 0, nil, false
	}
	b = b[used:]
	for range n {
		size, used := binary.Uvarint(b)
		if used <= 0 || size > uint64(len(b)-used) {
			return 0, nil, false
		}
		texts = append(texts, string(b[used:used+int(size)]))
		b = b[used+int(size):]
	}
	return kind, texts, len(b) == 0
}

// append writes a frame at the end. When it fails the end stays where it was.
func (f *file) append(kind int, texts []string) error {
	b := f.frameOf(kind, texts)
	if err := fault("write"); err != nil {
		return err
	}
	if _, err := f.log.WriteAt(b, f.end); err != nil {
		return err
	}
	f.end += int64(len(b))
	return nil
}

func (f *file) frameOf(kind int, texts []string) []byte {
	b := make([]byte, frameSize, 128)
	b = encode(b, kind, texts)
	binary.LittleEndian.PutUint32(b[4:], uint32(len(b)-frameSize))
	binary.LittleEndian.PutUint64(b[8:], uint64(f.synced))
	binary.LittleEndian.PutUint32(b, crc32.Update(f.seed, castagnoli, b[4:]))
	return append(b, make([]byte, padded(len(b))-int64(len(b)))...)
}

func (f *file) sync() error {
	if err := fault("sync"); err != nil {
		return err
	}
	if err := f.log.Sync(); err != nil {
		return err
	}
	f.synced = f.end
	return nil
}

// rewrite makes the file anew, of the records that put is called with, and puts it in place.
func (f *file) rewrite(records func(put func(kind int, texts []string) error) error) (err error) {
	path := filepath.Join(f.folder, newName)
	log, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	made := &file{folder: f.folder, name: f.name, log: log}
	defer func() {
		if err != nil {
			_ = log.Close()
		}
	}()
	var text bytes.Buffer
	text.Write(made.header())
	made.end = headerSize
	if err := records(func(kind int, texts []string) error {
		b := made.frameOf(kind, texts)
		made.end += int64(len(b))
		_, err := text.Write(b)
		return err
	}); err != nil {
		return err
	}
	if err := fault("write"); err != nil {
		return err
	}
	if _, err := log.Write(text.Bytes()); err != nil {
		return err
	}
	if err := made.sync(); err != nil {
		return err
	}
	if err := fault("rename"); err != nil {
		return err
	}
	if err := os.Rename(path, f.name); err != nil {
		return err
	}
	if err := syncFolder(f.folder); err != nil {
		return err
	}
	if f.log != nil {
		_ = f.log.Close() // nothing of it counts any more
	}
	f.log, f.seed, f.synced, f.end = log, made.seed, made.synced, made.end
	return nil
}

func (f *file) header() []byte {
	b := make([]byte, headerSize)
	copy(b, magic)
	binary.LittleEndian.PutUint32(b[8:], version)
	_, _ = rand.Read(b[12:20]) // crypto/rand never fails
	f.seed = crc32.Checksum(b[:28], castagnoli)
	binary.LittleEndian.PutUint32(b[28:], f.seed)
	return b
}

func syncFolder(path string) error {
	if err := fault("folder"); err != nil {
		return err
	}
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

func (f *file) close() error {
	var err error
	if f.log != nil {
		err = f.log.Close()
	}
	return errors.Join(err, f.lock.Close())
}

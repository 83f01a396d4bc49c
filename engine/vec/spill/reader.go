package spill

import (
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"

	"github.com/wasql/wasql/abi/col"
)

// Reader reads a run from its first batch on.
type Reader struct {
	run  *Run
	file io.ReadSeekCloser
	left int64
	head [headSize]byte
	decoder
}

// Open begins to read a run that is sealed. The reader must be closed before the run is removed.
func (r *Run) Open() (*Reader, error) {
	file, err := r.space.folder.files.Open(r.path)
	if err != nil {
		return nil, &Error{Action: Reading, Path: r.path, Err: err}
	}
	return &Reader{run: r, file: file, left: r.bytes}, nil
}

// Next gives a batch, valid until the next call, or io.EOF.
func (r *Reader) Next(ctx context.Context) (*col.Batch, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if r.left == 0 || r.file == nil {
		return nil, io.EOF
	}
	b, err := r.frame()
	if err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = errDamaged // it ends too soon
		}
		return nil, &Error{Action: Reading, Path: r.run.path, Err: err}
	}
	return b, nil
}

func (r *Reader) frame() (*col.Batch, error) {
	if _, err := io.ReadFull(r.file, r.head[:]); err != nil {
		return nil, err
	}
	length := binary.LittleEndian.Uint64(r.head[8:])
	if binary.LittleEndian.Uint32(r.head[:]) != magic || length > uint64(r.left-headSize) {
		return nil, errDamaged
	}
	body := r.room(int(length))
	if _, err := io.ReadFull(r.file, body); err != nil {
		return nil, err
	}
	sum := crc32.Update(crc32.Checksum(r.head[8:], castagnoli), castagnoli, body)
	if binary.LittleEndian.Uint32(r.head[4:]) != sum {
		return nil, errDamaged
	}
	r.left -= headSize + int64(length)
	return r.decode(body, int(binary.LittleEndian.Uint32(r.head[16:])), int(binary.LittleEndian.Uint32(r.head[20:])))
}

// GoTo makes the batch the next one that began when the run was of so many Bytes.
func (r *Reader) GoTo(bytes int64) error {
	if _, err := r.file.Seek(bytes, io.SeekStart); err != nil {
		return &Error{Action: Reading, Path: r.run.path, Err: err}
	}
	r.left = r.run.bytes - bytes
	return nil
}

// Bytes is the memory that the reader holds.
func (r *Reader) Bytes() int { return 8 * len(r.words) }

// Close ends the reading; twice is harmless.
func (r *Reader) Close() error {
	if r.file == nil {
		return nil
	}
	err := r.file.Close()
	r.file, r.words = nil, nil
	return err
}

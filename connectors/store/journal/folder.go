package journal

import (
	"io"

	wasql "github.com/wasql/wasql/sdk/go"
)

// Folder is the FS over a folder granted to the connector for writing, by the connector's name of it. It must be there.
type Folder string

func (d Folder) path(name string) string { return string(d) + "/" + name }

// Open opens a file for reading.
func (d Folder) Open(name string) (Reader, error) {
	f, err := wasql.OpenFile(d.path(name))
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Create opens a file for writing, making or emptying it.
func (d Folder) Create(name string) (File, error) { return writing(wasql.CreateFile(d.path(name))) }

// Append opens a file for writing at its end.
func (d Folder) Append(name string) (File, error) { return writing(wasql.AppendFile(d.path(name))) }

// writing keeps a nil *File out of the interface.
func writing(f *wasql.File, err error) (File, error) {
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Rename replaces to.
func (d Folder) Rename(from, to string) error { return wasql.RenameFile(d.path(from), d.path(to)) }

// Remove removes a file.
func (d Folder) Remove(name string) error { return wasql.RemoveFile(d.path(name)) }

// List gives the names of the files.
func (d Folder) List() ([]string, error) {
	infos, err := wasql.ListFiles(string(d))
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(infos))
	for _, info := range infos {
		if !info.Folder {
			names = append(names, info.Name())
		}
	}
	return names, nil
}

// SyncNames waits until the names are on disk.
func (d Folder) SyncNames() error { return wasql.SyncFolder(string(d)) }

// Lock holds a file; somebody who has it is an error with code Unavailable.
func (d Folder) Lock(name string) (io.Closer, error) {
	f, err := wasql.LockFile(d.path(name))
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Random is the granted randomness.
func (d Folder) Random(p []byte) error { return wasql.Random(p) }

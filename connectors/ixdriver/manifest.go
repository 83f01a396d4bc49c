package main

import (
	"encoding/binary"
	"hash/crc64"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"

	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
)

const (
	manifestName  = "manifest"
	manifestMagic = "wasqlix1"
)

// manifest says which runs an index has. On disk it is the magic, the generation, the number of the next run, the
// definition, and the runs; then a checksum of all of that.
type manifest struct {
	generation, nextRun uint64
	definition          *pb.DriverIndex
	runs                []runInfo
}

// folderOf is where an index lies: a folder whose name is made of its names.
func folderOf(x *pb.DriverIndex) string {
	h := fnv.New128a()
	for _, name := range []string{x.GetDatabase(), x.GetTable(), x.GetName()} {
		// Write of a hash gives no error.
		_, _ = h.Write([]byte(strings.ToLower(name)))
		_, _ = h.Write([]byte{0})
	}
	sum := h.Sum(nil)
	return strconv.FormatUint(binary.BigEndian.Uint64(sum), 36) + strconv.FormatUint(binary.BigEndian.Uint64(sum[8:]), 36)
}

// seedOf begins the checksums of an index: the files of another one are damage.
func seedOf(x *pb.DriverIndex) uint64 { return crc64.Checksum([]byte(folderOf(x)), table) }

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// encode gives the bytes of the file.
func (m *manifest) encode() ([]byte, error) {
	kept := m.definition.CloneVT()
	kept.Checksum = nil // it is made of these bytes
	definition, err := kept.MarshalVT()
	if err != nil {
		return nil, err
	}
	b := []byte(manifestMagic)
	b = binary.LittleEndian.AppendUint64(b, m.generation)
	b = binary.LittleEndian.AppendUint64(b, m.nextRun)
	b = appendText(b, string(definition))
	b = binary.AppendUvarint(b, uint64(len(m.runs)))
	for _, r := range m.runs {
		b = appendText(b, r.name)
		for _, n := range []uint64{r.size, r.entries, r.directory, r.crc} {
			b = binary.LittleEndian.AppendUint64(b, n)
		}
	}
	return binary.LittleEndian.AppendUint64(b, crc64.Update(seedOf(m.definition), table, b)), nil
}

// checksum of the index that a manifest describes.
func checksum(generation uint64, encoded []byte) []byte {
	b := binary.LittleEndian.AppendUint64(nil, generation)
	return append(b, encoded[len(encoded)-8:]...)
}

// readManifest reads that of a folder, which must be of the index x; nil says that of any.
func readManifest(dir string, x *pb.DriverIndex) (*manifest, error) {
	path := dir + "/" + manifestName
	b, err := wasql.ReadFile(path)
	if err != nil {
		return nil, err
	}
	const least = len(manifestMagic) + 16 + 8
	if len(b) < least || string(b[:len(manifestMagic)]) != manifestMagic {
		return nil, damaged(path, "the manifest is none")
	}
	body, sum := b[:len(b)-8], binary.LittleEndian.Uint64(b[len(b)-8:])
	seed := crc64.Checksum([]byte(dir[strings.LastIndexByte(dir, '/')+1:]), table)
	if crc64.Update(seed, table, body) != sum {
		return nil, damaged(path, "the manifest has another checksum")
	}
	// From here on the bytes are those that were written.
	rest := string(body[len(manifestMagic):])
	m := &manifest{generation: load64(rest), nextRun: load64(rest[8:]), definition: &pb.DriverIndex{}}
	rest = rest[16:]
	cut := func() string {
		n, width := cutUvarint(rest)
		s := rest[width : width+int(n)]
		rest = rest[width+int(n):]
		return s
	}
	if err := m.definition.UnmarshalVT([]byte(cut())); err != nil {
		return nil, damaged(path, "the definition cannot be read: %v", err)
	}
	count, width := cutUvarint(rest)
	rest = rest[width:]
	for range count {
		r := runInfo{name: cut()}
		for _, n := range []*uint64{&r.size, &r.entries, &r.directory, &r.crc} {
			*n, rest = load64(rest), rest[8:]
		}
		m.runs = append(m.runs, r)
	}
	m.definition.Checksum = checksum(m.generation, b)
	if x != nil && !sameShape(m.definition, x) {
		e := wasql.Errorf(wasql.Conflict, "the index in %s has other columns", dir)
		return nil, e
	}
	return m, nil
}

// sameShape tells whether the entries of two definitions are alike.
func sameShape(a, b *pb.DriverIndex) bool {
	same := func(c, d *pb.Column) bool {
		return c.GetType() == d.GetType() && c.GetScale() == d.GetScale() && strings.EqualFold(c.GetCollation(), d.GetCollation()) && strings.EqualFold(c.GetName(), d.GetName())
	}
	return slices.EqualFunc(a.GetColumns(), b.GetColumns(), same) && slices.EqualFunc(a.GetLocation(), b.GetLocation(), same)
}

// write puts the manifest in the place of the one before.
func (m *manifest) write(dir string) error {
	b, err := m.encode()
	if err != nil {
		return err
	}
	path := dir + "/" + manifestName
	f, err := wasql.CreateFile(path + ".new")
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = wasql.RenameFile(path+".new", path)
	}
	if err == nil {
		err = wasql.SyncFolder(dir)
	}
	m.definition.Checksum = checksum(m.generation, b)
	return err
}

package export

import (
	"archive/tar"
	"io"
	"time"
)

// Tar is a shelf that is one stream (POSIX.1-2017, pax).
type Tar struct{ to *tar.Writer }

// NewTar begins one.
func NewTar(to io.Writer) Tar { return Tar{tar.NewWriter(to)} }

// Put writes a file.
func (t Tar) Put(name string, content []byte) error {
	err := t.to.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o600, Size: int64(len(content)), ModTime: time.Unix(0, 0)})
	if err == nil {
		_, err = t.to.Write(content)
	}
	return err
}

// Done ends the stream.
func (t Tar) Done() error { return t.to.Close() }

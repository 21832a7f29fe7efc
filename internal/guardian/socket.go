package guardian

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
)

// socketPath is where a process listens for a later daemon.
func socketPath(stateDir string) string { return filepath.Join(stateDir, "vrrp.sock") }

// A socket is a listener that has its path for as long as no other one takes it
// over.
type socket struct {
	*net.UnixListener
	path string
	file os.FileInfo
}

// listenSocket listens on a unix socket that only this user may connect to. It
// takes the place of an older one at the path.
func listenSocket(path string) (*socket, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	own := fmt.Sprintf("%s.%d", path, os.Getpid())
	if err := os.Remove(own); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: own, Net: "unix"})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false)
	s := &socket{UnixListener: l, path: path}
	if err = os.Chmod(own, 0o600); err == nil {
		s.file, err = os.Lstat(own)
	}
	if err == nil {
		err = os.Rename(own, path)
	}
	if err != nil {
		_ = os.Remove(own) // the first error matters
		return nil, errors.Join(err, l.Close())
	}
	return s, nil
}

// close ends the listener and removes the path if it is still its own.
func (s *socket) close() {
	if there, err := os.Lstat(s.path); err == nil && os.SameFile(there, s.file) {
		_ = os.Remove(s.path) // a daemon that finds it learns that nobody listens
	}
	_ = s.Close()
}

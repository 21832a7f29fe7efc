package api

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

// ErrInUse reports that a daemon answers on the socket already.
var ErrInUse = errors.New("a running ldirector answers on it; stop that one first, or give this one its own --state-dir")

// Listen opens the unix socket at path with mode 0660, creating its folder. It
// belongs to the group of that name, or to the daemon's own if that is empty. A
// socket left behind by a killed daemon is replaced; one that is answered gives
// an error matching [ErrInUse].
func Listen(path, group string) (net.Listener, error) {
	gid, err := groupID(group)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", path, err)
	}
	if conn, err := net.DialTimeout("unix", path, time.Second); err == nil {
		_ = conn.Close()
		return nil, fmt.Errorf("listen on %s: %w", path, ErrInUse)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("listen on %s: %w", path, err)
	}
	if fi, err := os.Lstat(path); err == nil {
		if fi.Mode().Type() != os.ModeSocket {
			return nil, fmt.Errorf("listen on %s: there is a file that is no socket; move it away or choose another path", path)
		}
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("replace the old socket: %w", err)
		}
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	err = os.Chown(path, -1, gid) // before the group may do anything
	if err == nil {
		err = os.Chmod(path, 0o660)
	}
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// groupID is the number of a group, -1 of "".
func groupID(name string) (int, error) {
	if name == "" {
		return -1, nil
	}
	g, err := user.LookupGroup(name)
	if err != nil {
		return 0, fmt.Errorf("%w; make it (groupadd --system %s), or change the group in global's block api", err, name)
	}
	return strconv.Atoi(g.Gid)
}

// A limited listener has a bounded number of connections. It closes more of
// them at once: whoever holds many keeps nobody else waiting for longer than the
// time-outs last.
type limited struct {
	net.Listener
	slots chan struct{}
}

func limit(l net.Listener, n int) limited {
	return limited{l, make(chan struct{}, n)}
}

// Accept returns a connection that has a slot.
func (l limited) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		select {
		case l.slots <- struct{}{}:
			return &slotted{Conn: conn, release: sync.OnceFunc(func() { <-l.slots })}, nil
		default:
			_ = conn.Close()
		}
	}
}

// A slotted connection gives its slot back when it is closed.
type slotted struct {
	net.Conn
	release func()
}

func (c *slotted) Close() error {
	defer c.release()
	return c.Conn.Close()
}

package realserver

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"
)

// A record is what is to be undone. Its file is written before the host is
// changed, and gone when nothing is left to undo.
type record struct {
	VIPs      []vip    `json:"virtual_addresses"`
	Addresses []place  `json:"added_addresses,omitempty"`
	Sysctls   []sysctl `json:"changed_sysctls,omitempty"`
	Tunnels   []tunnel `json:"changed_tunnels,omitempty"`

	path string
	lock *os.File
}

// A sysctl is one that Up changed.
type sysctl struct {
	Name   string `json:"name"`
	Before string `json:"before"`
	Set    string `json:"set"`
}

// A tunnel is a tunnel device that Up created or set up.
type tunnel struct {
	Device  string `json:"device"`
	Created bool   `json:"created,omitempty"`
}

// openRecord reads the record at path and waits until no other process has it
// open. An absent file is an empty record; an absent directory is created, or
// else an error that matches os.ErrNotExist.
func openRecord(path string, create bool) (*record, error) {
	dir := filepath.Dir(path)
	if create {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, err
		}
	}
	lock, err := os.Open(dir) // a lock file would be left behind
	if err != nil {
		return nil, err
	}
	for {
		if err = unix.Flock(int(lock.Fd()), unix.LOCK_EX); !errors.Is(err, unix.EINTR) {
			break
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", dir, err), lock.Close())
	}
	r, err := readRecord(path)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	r.lock = lock
	return r, nil
}

func readRecord(path string) (*record, error) {
	r := &record{path: path}
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(b, r); err != nil {
		return nil, fmt.Errorf("read %s: %w (remove the file, and by hand what it was to undo)", path, err)
	}
	return r, nil
}

// close lets others open the record. There is nothing to do about an error.
func (r *record) close() { _ = r.lock.Close() }

// save writes the record, whole or not at all; an empty one is removed.
func (r *record) save() error {
	if len(r.VIPs)+len(r.Addresses)+len(r.Sysctls)+len(r.Tunnels) == 0 {
		if err := os.Remove(r.path); !errors.Is(err, os.ErrNotExist) {
			return err
		}
		return nil
	}
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encode %s: %w", r.path, err)
	}
	next := r.path + ".new" // ours alone: the directory is locked
	if err := os.WriteFile(next, append(b, '\n'), 0o644); err != nil {
		return err
	}
	return os.Rename(next, r.path)
}

// merge adds the addresses to those that are served, and returns them with the
// tunnels they already have.
func (r *record) merge(vips []vip) []vip {
	merged := make([]vip, len(vips))
	for i, v := range vips {
		if j := r.index(v); j >= 0 {
			r.VIPs[j].Tunnel = r.VIPs[j].Tunnel || v.Tunnel
			merged[i] = r.VIPs[j]
		} else {
			r.VIPs = append(r.VIPs, v)
			merged[i] = v
		}
	}
	return merged
}

// index returns the place of the address among those served, or -1.
func (r *record) index(v vip) int {
	return slices.IndexFunc(r.VIPs, func(o vip) bool { return o.Addr == v.Addr })
}

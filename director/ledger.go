package director

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"

	"github.com/ldirector/ldirector/director/ipvs"
)

// A FileLedger is a Ledger in a JSON file. The file belongs on a file system
// that a reboot empties, as the kernel's table is: /run. Then no write needs
// to be forced to a disk.
type FileLedger struct {
	// Path of the file. Save makes its directory if that is missing.
	Path string
}

// ErrLedgerCorrupt is matched by the error of FileLedger.Load if the file is
// there but is no ledger.
var ErrLedgerCorrupt = errors.New("not a ledger of IPVS services")

type ledgerFile struct {
	Services []ledgerEntry `json:"services"`
}

// A ledgerEntry is an ipvs.Key with names that stay the same in the file
// whatever the Go fields are called. Numbers are the kernel's.
type ledgerEntry struct {
	Address  netip.Addr    `json:"address,omitzero"`
	Port     uint16        `json:"port,omitempty"`
	Protocol ipvs.Protocol `json:"protocol,omitempty"`
	FWMark   uint32        `json:"fwmark,omitempty"`
	Family   ipvs.Family   `json:"family"`
}

// Load reads the file. A missing one is an empty ledger.
func (l FileLedger) Load() ([]ipvs.Key, error) {
	data, err := os.ReadFile(l.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read ledger: %w", err)
	}
	var file ledgerFile
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, l.corrupt(err)
	}
	var keys []ipvs.Key
	for i, e := range file.Services {
		key := ipvs.Key{Addr: e.Address, Port: e.Port, Protocol: e.Protocol, FWMark: e.FWMark, Family: e.Family}
		if !possible(key) {
			return nil, l.corrupt(fmt.Errorf("entry %d is not a service", i+1))
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// possible reports whether the kernel could have a service with the key.
func possible(key ipvs.Key) bool {
	return key.Family != 0 && key == key.Canonical() && (key.FWMark != 0 || key.Protocol != 0)
}

// corrupt says what the operator can do about it.
func (l FileLedger) corrupt(cause error) error {
	return fmt.Errorf("read ledger %s: %w (%w): "+
		"compare ipvsadm -Ln with the configuration, delete by hand the services that an earlier run left, then delete the file",
		l.Path, ErrLedgerCorrupt, cause)
}

// Save replaces the file at once, so that a crash leaves either the old or the
// new one. An empty ledger is no file.
func (l FileLedger) Save(keys []ipvs.Key) error {
	if len(keys) == 0 {
		if err := os.Remove(l.Path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove ledger: %w", err)
		}
		return nil
	}
	file := ledgerFile{Services: make([]ledgerEntry, 0, len(keys))}
	for _, k := range keys {
		file.Services = append(file.Services, ledgerEntry{Address: k.Addr, Port: k.Port, Protocol: k.Protocol, FWMark: k.FWMark, Family: k.Family})
	}
	data, err := json.Marshal(file)
	if err != nil {
		return fmt.Errorf("encode ledger: %w", err)
	}
	if err := replaceFile(l.Path, append(data, '\n')); err != nil {
		return fmt.Errorf("write ledger: %w", err)
	}
	return nil
}

// replaceFile puts data at path in one step, readable by the owner alone.
func replaceFile(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	fresh := path + ".new" // one name, so that crashes do not leave many
	if err := os.WriteFile(fresh, data, 0o600); err != nil {
		return errors.Join(err, os.Remove(fresh))
	}
	return os.Rename(fresh, path)
}

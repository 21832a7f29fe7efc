package netif

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// devicesRecord is what must be undone, also after a crash.
type devicesRecord struct {
	Macvlans []string  `json:"macvlans,omitempty"`
	Sysctls  []changed `json:"sysctls,omitempty"` // in the order in which they were changed
}

// loadDevices reads the record at path. A missing file is an empty record.
func loadDevices(path string) (devicesRecord, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return devicesRecord{}, nil
	}
	var r devicesRecord
	if err == nil {
		err = json.Unmarshal(data, &r)
	}
	if err != nil {
		return devicesRecord{}, fmt.Errorf("read the record of interfaces %s: %w: "+
			"remove the file, and set by hand what it was to restore", path, err)
	}
	return r, nil
}

// saveDevices replaces the record at path in one step; an empty record is no
// file.
func saveDevices(path string, r devicesRecord) error {
	if len(r.Macvlans) == 0 && len(r.Sysctls) == 0 {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove the record of interfaces: %w", err)
		}
		return nil
	}
	data, err := json.MarshalIndent(r, "", "  ")
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o755)
	}
	fresh := path + ".new" // one name, so that crashes do not leave many
	if err == nil {
		err = os.WriteFile(fresh, append(data, '\n'), 0o600)
	}
	if err == nil {
		err = os.Rename(fresh, path)
	}
	if err != nil {
		return fmt.Errorf("write the record of interfaces: %w", err)
	}
	return nil
}

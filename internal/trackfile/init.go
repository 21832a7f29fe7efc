package trackfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Init writes a number to a file that does not exist, or with overwrite to any
// (keepalived: init_file). It is for the start of the program alone, before
// anybody reads the file: what an operator has written must outlive a reload.
func Init(path string, value int32, overwrite bool) error {
	how := os.O_EXCL
	if overwrite {
		how = os.O_TRUNC // its owner stays the same, who may want to write next
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|how, 0o644)
	if errors.Is(err, fs.ErrExist) && !overwrite {
		return nil
	}
	if err != nil {
		return fmt.Errorf("init file: %w", err)
	}
	_, err = fmt.Fprintf(f, "%d\n", value)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("init file: %w", err)
	}
	return nil
}

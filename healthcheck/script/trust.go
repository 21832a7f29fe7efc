package script

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/ldirector/ldirector/healthcheck/lookup"
)

// Check returns why the account cannot or must not run the program at path,
// which may change at any time.
//
// If it would run with rights of root, then nobody else may be able to change
// what runs: the program, every directory on the way to it and every symbolic
// link must belong to root, and nobody but root and its group may write to
// them, save in a directory with the sticky bit. That is what keepalived's
// enable_script_security asks for. What the program itself runs or reads, such
// as the script that is an argument of a shell, is for its author to protect.
func (a Account) Check(path string) error {
	trust := func(string, fs.FileInfo) error { return nil }
	if a.root() {
		trust = trusted
	}
	program, err := os.Lstat("/")
	if err != nil {
		return err
	}
	if err := trust("/", program); err != nil {
		return err
	}
	_, err = lookup.Path(path, func(dir, name string) (fs.FileInfo, error) {
		full := filepath.Join(dir, name)
		info, err := os.Lstat(full)
		if cause, ok := errors.AsType[syscall.Errno](err); ok {
			return nil, fmt.Errorf("%s: %w", full, cause)
		}
		program = info
		return info, trust(full, info)
	})
	switch {
	case err != nil:
		return err
	case !program.Mode().IsRegular():
		return fmt.Errorf("%s is not a file", path)
	case !a.mayExecute(program):
		return fmt.Errorf("%s is not executable for the user that runs it (mode %v)", path, program.Mode())
	}
	return nil
}

// trusted returns an error if others than root could change the file or, in a
// directory, what it holds.
func trusted(path string, info fs.FileInfo) error {
	stat := info.Sys().(*syscall.Stat_t)
	mode := info.Mode()
	writable := mode&0o002 != 0 || mode&0o020 != 0 && stat.Gid != 0
	switch {
	case mode&fs.ModeSymlink != 0, mode&fs.ModeSticky != 0 && mode.IsDir():
		writable = false // its mode means nothing; others cannot replace what is root's
	}
	if stat.Uid == 0 && !writable {
		return nil
	}
	return fmt.Errorf("%s can be changed by others than root (mode %v, owner %d:%d): not run as root; chown and chmod it, or run as another user",
		path, mode, stat.Uid, stat.Gid)
}

// mayExecute reports whether the mode of a program lets the account run it.
func (a Account) mayExecute(program fs.FileInfo) bool {
	stat := program.Sys().(*syscall.Stat_t)
	uid, gid, groups := uint32(os.Geteuid()), uint32(os.Getegid()), a.groups()
	if a.credential != nil {
		uid, gid = a.credential.Uid, a.credential.Gid
	}
	bit := fs.FileMode(0o001)
	switch {
	case uid == 0:
		bit = 0o111
	case uid == stat.Uid:
		bit = 0o100
	case gid == stat.Gid || slices.Contains(groups, stat.Gid):
		bit = 0o010
	}
	return program.Mode()&bit != 0
}

// groups returns the supplementary groups of the account.
func (a Account) groups() []uint32 {
	if a.credential != nil {
		return a.credential.Groups
	}
	own, err := os.Getgroups()
	if err != nil {
		return nil // the kernel will judge when the program is run
	}
	ids := make([]uint32, len(own))
	for i, id := range own {
		ids[i] = uint32(id)
	}
	return ids
}

// Package lookup resolves a path one name at a time, as the kernel does
// (path_resolution(7)), for those who must look at every directory and
// symbolic link on the way: to judge who may change them, or to learn when
// they change.
package lookup

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// maxLinks is how many symbolic links the kernel follows (MAXSYMLINKS).
const maxLinks = 40

// Path returns the file that an absolute path leads to, without symbolic
// links. It calls look, which describes the file of that name as [os.Lstat]
// does, for every name on the way; dir is absolute and free of links. An error
// of look ends the walk and is returned.
func Path(path string, look func(dir, name string) (fs.FileInfo, error)) (string, error) {
	dir, rest, links := "/", split(path), 0
	for len(rest) > 0 {
		name := rest[0]
		rest = rest[1:]
		switch name {
		case "", ".":
			continue
		case "..":
			dir = filepath.Dir(dir)
			continue
		}
		info, err := look(dir, name)
		if err != nil {
			return "", err
		}
		full := filepath.Join(dir, name)
		if info.Mode()&fs.ModeSymlink == 0 {
			dir = full
			continue
		}
		if links++; links > maxLinks {
			return "", fmt.Errorf("resolve %s: %w", path, syscall.ELOOP)
		}
		target, err := os.Readlink(full)
		if err != nil {
			return "", err
		}
		if filepath.IsAbs(target) {
			dir = "/"
		}
		rest = append(split(target), rest...)
	}
	return dir, nil
}

func split(path string) []string { return strings.Split(path, "/") }

package netif

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// procSys is where the kernel shows its sysctls.
const procSys = "/proc/sys"

// ReadSysctl returns the value of a sysctl without the newline. The name is
// written with slashes, "net/ipv4/conf/eth0.5/arp_ignore", because interface
// names may contain dots. A sysctl that does not exist gives an error that
// matches [os.ErrNotExist].
func ReadSysctl(name string) (string, error) {
	path, err := sysctlPath(name)
	if err != nil {
		return "", fmt.Errorf("read sysctl %q: %w", name, err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read sysctl %s: %w", name, cause(err))
	}
	return strings.TrimSpace(string(b)), nil
}

// WriteSysctl sets a sysctl; the name is as for [ReadSysctl]. The error
// matches [os.ErrNotExist] if the kernel has no such sysctl, [os.ErrPermission]
// if this process may not change it, and [syscall.EROFS] if /proc/sys is
// mounted read-only, as it is in most containers.
func WriteSysctl(name, value string) error {
	path, err := sysctlPath(name)
	if err != nil {
		return fmt.Errorf("write sysctl %q: %w", name, err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0) // never create: only the kernel makes sysctls
	if err != nil {
		return fmt.Errorf("write sysctl %s = %s: %w", name, value, cause(err))
	}
	_, err = f.WriteString(value + "\n")
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write sysctl %s = %s: %w", name, value, cause(err))
	}
	return nil
}

func sysctlPath(name string) (string, error) {
	if !filepath.IsLocal(name) {
		return "", errors.New("not the name of a sysctl")
	}
	return filepath.Join(procSys, name), nil
}

// cause drops operation and path from an error of package os.
func cause(err error) error {
	if e, ok := errors.AsType[*os.PathError](err); ok {
		return e.Err
	}
	return err
}

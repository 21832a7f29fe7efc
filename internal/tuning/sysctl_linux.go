package tuning

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// SysctlDir is where the kernel has the sysctls of IPVS, in the network
// namespace of the thread that looks. It is there when the module ip_vs is.
const SysctlDir = "/proc/sys/net/ipv4/vs"

// readSysctl returns the value of a sysctl; the name is the whole one. The error
// matches fs.ErrNotExist if there is none.
func readSysctl(dir, name string) (int64, error) {
	path, err := sysctlPath(dir, name)
	if err != nil {
		return 0, err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return 0, explain(dir, name, err)
	}
	value := strings.TrimSpace(string(data))
	number, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("sysctl %s holds %q, not one whole number: set it in /etc/sysctl.d instead", name, value)
	}
	return number, nil
}

func writeSysctl(dir, name string, value int64) error {
	path, err := sysctlPath(dir, name)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0) // never create: only the kernel makes sysctls
	if err != nil {
		return explain(dir, name, err)
	}
	_, err = f.WriteString(strconv.FormatInt(value, 10) + "\n")
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("set %d: %w", value, explain(dir, name, err))
	}
	return nil
}

func sysctlPath(dir, name string) (string, error) {
	if rest, ok := strings.CutPrefix(name, interfacePrefix); ok {
		ifname, base, _ := strings.Cut(rest, "/")
		if ifname == "" || ifname == ".." || base == "" || strings.ContainsAny(base, "./") {
			return "", fmt.Errorf("%q is not the name of a sysctl of an interface", rest)
		}
		return filepath.Join(filepath.Dir(dir), "conf", ifname, base), nil
	}
	base := strings.TrimPrefix(name, sysctlPrefix)
	if base == "" || strings.ContainsAny(base, "./") {
		return "", fmt.Errorf("%q is not the name of a sysctl below %s", base, strings.TrimSuffix(sysctlPrefix, "."))
	}
	return filepath.Join(dir, base), nil
}

// explain says what an error at a sysctl means.
func explain(dir, name string, err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	}
	reason := ""
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, dirErr := os.Stat(dir); dirErr != nil {
			reason = "IPVS is not loaded here: run modprobe ip_vs"
			break
		}
		reason = "the kernel " + release() + " has no such sysctl, or the module that brings it is not loaded: leave it out, " +
			"or see what there is in " + dir
	case errors.Is(err, unix.EINVAL):
		reason = "the kernel does not take this value"
	case errors.Is(err, unix.EROFS):
		reason = "/proc/sys is read-only, as in most containers: set it outside"
	case errors.Is(err, fs.ErrPermission):
		reason = "root only: run as root, or leave it out"
	default:
		return fmt.Errorf("sysctl %s: %w", name, err)
	}
	return fmt.Errorf("sysctl %s: %s (%w)", name, reason, err)
}

// release returns the version of the running kernel.
func release() string {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return "of unknown version"
	}
	return unix.ByteSliceToString(u.Release[:])
}

package doctor

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// A Process is what /proc tells of one.
type Process struct {
	Pid   int
	Netns string // text of the link /proc/PID/ns/net; "": it is not to be seen, see Rivals
	Argv  []string
}

// Processes lists what else runs on this host; processes that end meanwhile or
// cannot be looked at are left out.
func Processes() ([]Process, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	var all []Process
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		cmdline, err := os.ReadFile(filepath.Join("/proc", e.Name(), "cmdline"))
		if err != nil || len(cmdline) == 0 {
			continue
		}
		netns, err := os.Readlink(filepath.Join("/proc", e.Name(), "ns", "net"))
		if err != nil && !errors.Is(err, fs.ErrPermission) {
			continue
		}
		all = append(all, Process{Pid: pid, Netns: netns, Argv: splitArgv(cmdline)})
	}
	return all, nil
}

// splitArgv splits /proc/PID/cmdline. A program that rewrote its title leaves
// one string with blanks.
func splitArgv(cmdline []byte) []string {
	argv := strings.Split(strings.TrimRight(string(cmdline), "\x00"), "\x00")
	if len(argv) == 1 {
		argv = strings.Fields(argv[0])
	}
	return argv
}

// Rivals returns the name of the director that the process is, "" if it is none
// or in another network namespace. keepalived that does VRRP alone (-P) is
// welcome where the configuration has no virtual routers. Who is not root does
// not see the namespaces of others' processes: they count as this one.
func (p Process) Rivals(netns string, vrrp bool) string {
	name := rival(p.Argv)
	if p.Netns != "" && p.Netns != netns || name == "keepalived" && !vrrp && (slices.Contains(p.Argv, "-P") || slices.Contains(p.Argv, "--vrrp")) {
		return ""
	}
	return name
}

// rival names the director that a command line belongs to, "" for any other
// program. ldirectord is a Perl script, so its name may be the second word.
func rival(argv []string) string {
	for i, arg := range argv {
		name := filepath.Base(strings.TrimSuffix(arg, ":"))
		if name == "keepalived" && i == 0 || name == "ldirectord" && i <= 1 {
			return name
		}
	}
	return ""
}

// Effective reads the effective capabilities from /proc/PID/status.
func Effective(status []byte) (uint64, error) {
	for line := range bytes.Lines(status) {
		if hex, ok := bytes.CutPrefix(line, []byte("CapEff:")); ok {
			n, err := strconv.ParseUint(string(bytes.TrimSpace(hex)), 16, 64)
			if err != nil {
				return 0, fmt.Errorf("read the process's capabilities: %w", err)
			}
			return n, nil
		}
	}
	return 0, nil
}

// MissingCapabilities returns the names of those that a daemon needs and the set
// does not have.
func MissingCapabilities(effective uint64) []string {
	var missing []string
	for _, c := range []struct {
		bit  int
		name string
	}{{unix.CAP_NET_ADMIN, "CAP_NET_ADMIN"}, {unix.CAP_NET_RAW, "CAP_NET_RAW"}} {
		if effective&(1<<c.bit) == 0 {
			missing = append(missing, c.name)
		}
	}
	return missing
}

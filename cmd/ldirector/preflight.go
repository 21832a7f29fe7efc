package main

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

// checkPrivileges gives an error that says what to do when the process whose
// /proc/PID/status text is given lacks a capability that the daemon needs.
func checkPrivileges(procStatus []byte) error {
	effective := uint64(0)
	for line := range bytes.Lines(procStatus) {
		if hex, ok := bytes.CutPrefix(line, []byte("CapEff:")); ok {
			n, err := strconv.ParseUint(string(bytes.TrimSpace(hex)), 16, 64)
			if err != nil {
				return fmt.Errorf("read the process's capabilities: %w", err)
			}
			effective = n
		}
	}
	var missing []string
	for _, c := range []struct {
		bit  int
		name string
	}{{unix.CAP_NET_ADMIN, "CAP_NET_ADMIN"}, {unix.CAP_NET_RAW, "CAP_NET_RAW"}} {
		if effective&(1<<c.bit) == 0 {
			missing = append(missing, c.name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("missing %s, without which neither the IPVS table nor addresses can be changed: run it as root, or give its systemd unit AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW",
		strings.Join(missing, " and "))
}

// A process is what /proc tells of one.
type process struct {
	pid   int
	netns string // text of the link /proc/PID/ns/net
	argv  []string
}

// checkRivals gives an error that says what to do when another director works
// in our network namespace. keepalived that does VRRP alone (-P) is welcome
// where the configuration has no VRRP instances.
func checkRivals(processes []process, ownNetns string, vrrp bool) error {
	for _, p := range processes {
		name := rival(p.argv)
		if name == "" || p.netns != ownNetns {
			continue
		}
		if name == "keepalived" && !vrrp && (slices.Contains(p.argv, "-P") || slices.Contains(p.argv, "--vrrp")) {
			continue
		}
		return fmt.Errorf("%s (pid %d) is running here and would fight over the same IPVS table and addresses: stop it first (systemctl disable --now %s); the table it leaves is taken over without dropping a connection",
			name, p.pid, name)
	}
	return nil
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

// processes lists what runs on this host; processes that end meanwhile or
// cannot be looked at are left out.
func processes() ([]process, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	var all []process
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
		if err != nil {
			continue
		}
		all = append(all, process{pid: pid, netns: netns, argv: splitArgv(cmdline)})
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

// preflight finds out, before anything is touched, whether the daemon can do
// its work on this host.
func preflight(vrrp bool) error {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return err
	}
	if err := checkPrivileges(status); err != nil {
		return err
	}
	own, err := os.Readlink("/proc/self/ns/net")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	all, err := processes()
	if err != nil {
		return err
	}
	return checkRivals(all, own, vrrp)
}

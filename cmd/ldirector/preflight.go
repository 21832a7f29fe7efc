package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/ldirector/ldirector/internal/doctor"
)

// checkPrivileges gives an error that says what to do when the process whose
// /proc/PID/status text is given lacks a capability that the daemon needs.
func checkPrivileges(procStatus []byte) error {
	effective, err := doctor.Effective(procStatus)
	if err != nil {
		return err
	}
	missing := doctor.MissingCapabilities(effective)
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("missing %s, without which neither the IPVS table nor addresses can be changed: run it as root, or give its systemd unit AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW",
		strings.Join(missing, " and "))
}

// checkRivals gives an error that says what to do when another director works
// in our network namespace. keepalived that does VRRP alone (-P) is welcome
// where the configuration has no VRRP instances.
func checkRivals(processes []doctor.Process, ownNetns string, vrrp bool) error {
	for _, p := range processes {
		if name := p.Rivals(ownNetns, vrrp); name != "" {
			return fmt.Errorf("%s (pid %d) is running here and would fight over the same IPVS table and addresses: stop it first (systemctl disable --now %s); the table it leaves is taken over without dropping a connection",
				name, p.Pid, name)
		}
	}
	return nil
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
	all, err := doctor.Processes()
	if err != nil {
		return err
	}
	return checkRivals(all, own, vrrp)
}

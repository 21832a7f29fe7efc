package realserver

import (
	"errors"
	"fmt"
	"os"
)

// A Report says how far a host is from being ready.
type Report struct {
	Missing []string // a sentence for each thing that is missing or wrong
}

// OK reports whether nothing is missing.
func (r Report) OK() bool { return len(r.Missing) == 0 }

// Status looks whether the host is ready for cfg.Addresses or, without any, for
// all that Up was called for. It matters only what is there, not who put it
// there. It changes nothing and needs no privileges.
func Status(h Host, cfg Config) (Report, error) {
	vips, err := vipsOf(cfg)
	if err != nil {
		return Report{}, err
	}
	r, err := readRecord(cfg.StateFile)
	if err != nil {
		return Report{}, err
	}
	if len(vips) == 0 {
		vips = r.VIPs
	}
	if len(vips) == 0 {
		return Report{Missing: []string{"this host has not been prepared for any virtual address"}}, nil
	}
	return inspect(h, needsOf(r.merge(vips)))
}

// inspect compares the host with what is needed.
func inspect(h Host, n needs) (Report, error) {
	var report Report
	missing := func(format string, args ...any) {
		report.Missing = append(report.Missing, fmt.Sprintf(format, args...))
	}
	absent := make(map[string]bool)
	for _, device := range n.tunnels {
		up, err := h.LinkUp(device)
		switch {
		case errors.Is(err, os.ErrNotExist):
			absent[device] = true
			missing("%s does not exist", device)
		case err != nil:
			return Report{}, fmt.Errorf("read state of %s: %w", device, err)
		case !up:
			missing("%s is down", device)
		}
	}
	for _, s := range n.sysctls {
		value, err := h.Sysctl(s.name)
		switch {
		case errors.Is(err, os.ErrNotExist): // its device has been reported
		case err != nil:
			return Report{}, fmt.Errorf("read %s: %w", dotted(s.name), err)
		case !s.accepts(value):
			missing("%s is %s, not %s", dotted(s.name), value, s.want)
		}
	}
	for _, p := range n.addresses {
		if absent[p.Device] {
			continue
		}
		have, err := h.Addresses(p.Device)
		if err != nil {
			return Report{}, fmt.Errorf("list addresses of %s: %w", p.Device, err)
		}
		if found, ok := p.find(have); !ok {
			missing("%s is not on %s", p.prefix(), p.Device)
		} else if found != p.prefix() {
			missing("%s is on %s as %s, which makes that whole network local", p.Addr, p.Device, found)
		}
	}
	return report, nil
}

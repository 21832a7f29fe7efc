package main

import (
	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/internal/config"
	"github.com/ldirector/ldirector/internal/track"
	"github.com/ldirector/ldirector/vrrp"
)

// tracked is what the virtual routers of a configuration depend on, besides
// links.
func tracked(cfg *config.Config) track.Config {
	t := track.Config{Processes: cfg.VRRP.Processes}
	for _, s := range cfg.VRRP.Scripts {
		t.Probes = append(t.Probes, track.Probe{Kind: vrrp.TrackScript, Name: s.Name, Checks: []healthcheck.Check{s.Check}, InitFail: s.InitFail})
	}
	for _, c := range cfg.VRRP.Checks {
		t.Probes = append(t.Probes, track.Probe{Kind: vrrp.TrackCheck, Name: c.Name, Checks: c.Checks})
	}
	wanted := make(map[vrrp.TrackerKind]map[string]bool)
	for _, i := range cfg.VRRP.Instances {
		for _, tr := range i.Trackers {
			if wanted[tr.Kind] == nil {
				wanted[tr.Kind] = make(map[string]bool)
			}
			wanted[tr.Kind][tr.Name] = true
		}
	}
	for _, f := range cfg.TrackFiles {
		if wanted[vrrp.TrackFile][f.Name] {
			t.Files = append(t.Files, track.File{Name: f.Name, Path: f.Path})
		}
	}
	for _, v := range cfg.Director.VirtualServers {
		if wanted[vrrp.TrackVirtualServer][v.Name] {
			t.VirtualServers = append(t.VirtualServers, v.Name)
		}
	}
	return t
}

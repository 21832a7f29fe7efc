package config

import (
	"iter"
	"slices"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/healthcheck/misc"
	"github.com/ldirector/ldirector/internal/track"
	"github.com/ldirector/ldirector/vrrp"
)

// decodeTrackScripts reads the vrrp_script blocks.
func (l *loader) decodeTrackScripts(blocks iter.Seq[*hcl.Block]) {
	names := make(map[string]hcl.Range)
	for b := range blocks {
		name, at := label(b)
		ok := l.checkName("vrrp_script", name, at, names)
		c := l.open(b, l.root.child("vrrp_script"))
		script := TrackScript{Name: name}
		script.InitFail, _ = c.boolean("init_fail")
		script.Check, _ = c.scriptCheck()
		if ok {
			l.define(vrrp.TrackScript, name, c.trackable(at))
			l.config.VRRP.Scripts = append(l.config.VRRP.Scripts, script)
		}
	}
}

// scriptCheck returns the check that a vrrp_script is.
func (c *content) scriptCheck() (check healthcheck.Check, ok bool) {
	cfg := misc.Config{Command: c.command("script"), User: c.l.config.Global.ScriptUser}
	if user, group, ok := c.user("user"); ok {
		cfg.User, cfg.Group = user, group
	}
	interval, _ := c.duration("interval")
	timeout, ok := c.duration("timeout")
	if !ok {
		timeout = interval
	}
	rise, _ := c.number("rise")
	fall, _ := c.number("fall")
	if cfg.Command == nil || c.anyWrong() {
		return check, false
	}
	q, err := intern(c.l.interner, "vrrp_script", cfg, misc.New)
	if err != nil {
		c.l.errorAt(c.at, "Invalid script", "%s: %s.", c.title(), err)
		return check, false
	}
	c.l.asked = append(c.l.asked, Probe{Prober: q.prober, At: c.at, question: q})
	return healthcheck.Spec{
		Prober: q.prober,
		Timing: healthcheck.Timing{Interval: interval, Timeout: timeout, Retry: fall - 1, RetryDelay: interval, Rise: rise},
	}.Check(), true
}

// decodeTrackProcesses reads the vrrp_track_process blocks.
func (l *loader) decodeTrackProcesses(blocks iter.Seq[*hcl.Block]) {
	names := make(map[string]hcl.Range)
	for b := range blocks {
		name, at := label(b)
		ok := l.checkName("vrrp_track_process", name, at, names)
		c := l.open(b, l.root.child("vrrp_track_process"))
		process := track.Process{Name: name}
		process.Full, _ = c.boolean("full_command")
		process.Command, process.Match = c.process()
		process.Quorum, process.QuorumMax = c.processQuorum()
		delay, _ := c.duration("delay")
		process.ForkDelay, process.TerminateDelay = delay, delay
		for name, d := range map[string]*time.Duration{"fork_delay": &process.ForkDelay, "terminate_delay": &process.TerminateDelay} {
			if written, ok := c.duration(name); ok {
				*d = written
			}
		}
		if ok {
			l.define(vrrp.TrackProcess, name, c.trackable(at))
			l.config.VRRP.Processes = append(l.config.VRRP.Processes, process)
		}
	}
}

// process reads process and param_match.
func (c *content) process() (command []string, match track.ProcessMatch) {
	elements, ok := c.list("process")
	command = textsOf(elements)
	word, matchOK := c.text("param_match")
	switch {
	case matchOK && len(command) == 1: // keepalived: there are to be no parameters
		match = track.MatchExact
	case word == "partial":
		match = track.MatchPartial
	case word == "initial":
		match = track.MatchInitial
	case matchOK || len(command) > 1:
		match = track.MatchExact
	}
	if ok && !c.isWrong("process") && (len(command) == 0 || command[0] == "") {
		c.bad("process", "Empty value", "process names no program. Write for example process = [\"haproxy\"].")
	}
	return command, match
}

// processQuorum reads quorum and quorum_max. Twice 0 is for none at all.
func (c *content) processQuorum() (least, most int) {
	least, ok := c.number("quorum")
	most, written := c.number("quorum_max")
	switch {
	case written && most == 0 && c.given("quorum"):
		c.contradict("quorum_max", "quorum", "quorum_max = 0 asks that no such process runs. Remove one of them.")
	case written && most == 0:
		least = 0
	case written && ok && most < least:
		c.bad("quorum_max", "Contradictory arguments", "quorum_max is %d and quorum is %d, so no number of processes would be right. Raise quorum_max, or lower quorum.", most, least)
	}
	return least, most
}

// keepTracked drops what no instance tracks, with a warning.
func (l *loader) keepTracked() {
	v := &l.config.VRRP
	unused := func(kind vrrp.TrackerKind, name string) bool {
		if slices.Contains(l.named, reference{definedBy(kind), name}) {
			return false
		}
		if !l.broken() {
			l.warnUnused(kind, name)
		}
		return true
	}
	v.Scripts = slices.DeleteFunc(v.Scripts, func(s TrackScript) bool { return unused(vrrp.TrackScript, s.Name) })
	v.Processes = slices.DeleteFunc(v.Processes, func(p track.Process) bool { return unused(vrrp.TrackProcess, p.Name) })
	v.Checks = slices.DeleteFunc(v.Checks, func(c TrackCheck) bool { return unused(vrrp.TrackCheck, c.Name) })
}

func (l *loader) warnUnused(kind vrrp.TrackerKind, name string) {
	l.warnAt(l.trackables[kind][name].at, "Unused "+definedBy(kind), "No instance tracks it. Write %s = [\"%s\"] in a vrrp_instance or vrrp_sync_group, or remove it.", kind, name)
}

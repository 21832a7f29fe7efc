package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// rest is the time after which a daemon's memory is looked at, when it has
// nothing to do but to keep the table.
const rest = 5 * time.Second

// A contender is a program with a configuration that is to be measured.
type contender struct {
	name    string
	site    site
	program string
	config  string                    // file or directory
	args    func(dir string) []string // dir is for the program's own files

	times         []time.Duration
	now, peak     float64 // memory in MiB at rest
	writes, reads int     // requests to the kernel
}

// measureStart takes the time from exec to a full table, ours and keepalived's
// in turns. No real server has a probe, so that nobody waits for an answer.
func (b *bench) measureStart() {
	shared := b.site
	shared.shared = true
	keepalived := b.keepalived("keepalived", b.site) // to it shared real servers are like any others
	ours := []*contender{
		b.ldirector("start, blocks in one file", b.site, blocks, 1),
		b.ldirector("start, blocks in ten files", b.site, blocks, 10),
		b.ldirector("start, lists", b.site, lists, 1),
		b.ldirector("start, one pool for all", shared, pool, 1),
	}
	b.race(append([]*contender{keepalived}, ours...))
	for _, c := range ours {
		b.report.compare(c.name, c.times, "keepalived", keepalived.times, "< 1")
	}
	for _, c := range ours {
		b.report.memory(c, keepalived)
	}
}

// measureProbes is measureStart with a TCP_CHECK for every real server. No
// side waits for the first answers.
func (b *bench) measureProbes() {
	probed := b.site
	probed.probing = probing{kind: "tcp_check", interval: time.Minute}
	keepalived := b.keepalived("keepalived", probed)
	ours := b.ldirector("start, blocks with a tcp_check each", probed, blocks, 1)
	b.race([]*contender{keepalived, ours})
	b.report.compare(ours.name, ours.times, "keepalived", keepalived.times, "< 1")
	b.report.memory(ours, keepalived)
}

// race measures every contender in each round. The first round counts for
// nothing: it brings programs and modules into memory.
func (b *bench) race(contenders []*contender) {
	for round := range b.rounds + 1 {
		for _, c := range contenders {
			b.within(func() { b.run(c, round) })
		}
	}
}

func (b *bench) run(c *contender, round int) {
	d := b.launch(c)
	took := d.awaitTable()
	if round == 0 {
		return
	}
	c.times = append(c.times, took)
	if round == b.rounds {
		time.Sleep(rest)
		c.now, c.peak = d.memory()
	}
}

// ldirector prepares our program with a configuration in so many files.
func (b *bench) ldirector(name string, s site, f form, files int) *contender {
	config := b.tempDir()
	n := s.services / files
	for i := range files {
		path := filepath.Join(config, fmt.Sprintf("%02d.hcl", i))
		b.must(os.WriteFile(path, []byte(s.hcl(f, i*n, n)), 0o600))
	}
	if files == 1 {
		config = filepath.Join(config, "00.hcl")
	}
	return &contender{name: name, site: s, program: b.program, config: config, args: func(dir string) []string {
		return []string{"run", "-c", config, "--state-dir", dir}
	}}
}

// keepalived prepares it without VRRP and without logs.
func (b *bench) keepalived(name string, s site) *contender {
	config := filepath.Join(b.tempDir(), "keepalived.conf")
	b.must(os.WriteFile(config, []byte(s.keepalived()), 0o600))
	return &contender{name: name, site: s, program: "keepalived", config: config, args: func(dir string) []string {
		return []string{"-n", "-C", "-G", "-f", config,
			"-p", filepath.Join(dir, "pid"), "-c", filepath.Join(dir, "checkers.pid")}
	}}
}

func (b *bench) tempDir() string {
	dir, err := os.MkdirTemp("", "ldirector-bench-")
	b.must(err)
	b.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

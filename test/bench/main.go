// Command bench measures the director beside what it replaces and beside the
// least that the kernel needs, on a kernel with IPVS, and prints one table. It
// asserts nothing about times: it fails only if something cannot be measured.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// A bench is one run.
type bench struct {
	stage
	report
	site    site
	rounds  int
	watch   time.Duration // how long memory is watched
	program string        // ours
	cases   string        // of failover
	steady  time.Duration // how long a pair is watched
}

func main() {
	rounds := flag.Int("rounds", 7, "measurements of each kind, of which the median counts")
	only := flag.String("only", "", "measure these `parts` alone, separated by commas: config, write, read, start, probes, reload, rate, cost, http, memory, reaction, apply, storm, failover, vrrpcpu, steady")
	cases := flag.String("cases", "", "measure these cases of failover alone, a regular `expression`")
	steady := flag.Duration("steady", 10*time.Minute, "how long pairs that nothing happens to are watched")
	program := flag.String("ldirector", "bin/ldirector", "the built `program`")
	watch := flag.Duration("watch", 5*time.Minute, "how long memory is watched")
	settings := flag.String("inside", "", "be a child of this program, as `settings` in JSON say")
	flag.Parse()
	if *settings != "" {
		runInside(*settings)
		return
	}
	b := &bench{site: site{services: 1000, servers: 10}, rounds: *rounds, watch: *watch, program: *program, cases: *cases, steady: *steady}
	parts := []struct {
		name    string
		measure func()
	}{
		{"config", b.measureConfig},
		{"write", b.measureWrite},
		{"read", b.measureRead},
		{"start", b.measureStart},
		{"probes", b.measureProbes},
		{"reload", b.measureReload},
		{"rate", b.measureRate},
		{"cost", b.measureCost},
		{"http", b.measureHTTP},
		{"memory", b.measureMemory},
		{"reaction", b.measureReaction},
		{"apply", b.measureApply},
		{"storm", b.measureStorm},
		{"failover", b.measureFailover},
		{"vrrpcpu", b.measureVRRPCPU},
		{"steady", b.measureSteady},
	}
	for _, p := range parts {
		if *only == "" || slices.Contains(strings.Split(*only, ","), p.name) {
			b.within(p.measure)
		}
	}
	fmt.Printf("%d virtual servers with %d real servers each; medians of %d\n\n", b.site.services, b.site.servers, b.rounds)
	b.must(b.report.write(os.Stdout))
}

// settle lets the machine come to rest between two measurements: the kernel
// takes namespaces apart in the background, and the garbage is ours.
func (b *bench) settle() {
	runtime.GC()
	time.Sleep(300 * time.Millisecond)
}

// runInside is the child's main.
func runInside(settings string) {
	var c child
	err := json.Unmarshal([]byte(settings), &c)
	if err == nil {
		err = c.run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

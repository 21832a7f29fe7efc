// Command demo shows the director's main job: two directors, three back-ends
// and a client in network namespaces, what the client sees while things die,
// and the kernel's table meanwhile.
package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/ldirector/ldirector/internal/nettest"
	"github.com/ldirector/ldirector/test/lab"
)

const (
	vip     = "192.168.25.100"
	web     = vip + ":80"
	patient = 20 * time.Second
)

func main() {
	s := newStage()
	defer s.end()
	d := build(s)
	d.electMaster()
	d.spread()
	d.killBackend()
	d.killMaster()
	d.preempt()
	d.cutMaster()
	d.stopMaster()
	d.status()
	d.say("The demo is over: every step did what it should.")
}

// A demo is the network and what runs in it.
type demo struct {
	*stage
	config  string
	client  *lab.Host
	d1, d2  *lab.Host
	servers []*lab.Server
	master  *nettest.Process
}

func build(s *stage) *demo {
	l := lab.New(s)
	d := &demo{stage: s, config: l.Example("demo.hcl")}
	lan := l.LAN("lan")
	d.client = l.Host("client", lan, "192.168.25.99/24")
	d.d1 = l.Host("director1", lan, "192.168.25.11/24")
	d.d2 = l.Host("director2", lan, "192.168.25.12/24")
	for i := 1; i <= 3; i++ {
		address := fmt.Sprintf("192.168.25.3%d", i)
		h := l.Host(fmt.Sprint("backend", i), lan, address+"/24")
		h.Prepare("-c", d.config, "--for", address)
		d.servers = append(d.servers, h.Serve(":80", fmt.Sprint("backend ", i)))
	}
	d.say("A client, two directors and three back-ends are up, each in a network namespace of its own.")
	d.say("Each back-end took %s quietly: ldirector realserver up -c examples/demo.hcl --for 192.168.25.31", vip)
	return d
}

func (d *demo) electMaster() {
	start := time.Now()
	d.master = d.d1.Direct(d.config)
	d.d2.Direct(d.config, "--var", "priority=90")
	d.d1.AwaitAddress(patient, vip, true)
	took := time.Since(start)
	d.await("three real servers in the table", func() bool { return d.realServers(d.d1) == 3 && d.realServers(d.d2) == 3 })
	d.say("Both directors run; the one with priority 100 became master %s after the start. Its table:", seconds(took))
	d.show(d.d1.Run("ipvsadm", "-Ln"))
}

func (d *demo) spread() {
	const n = 60
	counts := d.client.Spread("tcp", web, n)
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%s answered %d", name, counts[name]))
	}
	d.say("Weights are 1, 2 and 3. Of %d requests %s.", n, strings.Join(parts, ", "))
}

func (d *demo) killBackend() {
	last := d.servers[2]
	start := time.Now()
	last.Die()
	d.await("two real servers in the table", func() bool { return d.realServers(d.d1) == 2 })
	d.say("The web server on back-end 3 was killed; %s later it was gone from the table (probes every 2 s, one retry).", seconds(time.Since(start)))
	start = time.Now()
	last.Start()
	d.await("three real servers in the table", func() bool { return d.realServers(d.d1) == 3 })
	d.say("It was started again and was back in the table %s later.", seconds(time.Since(start)))
}

// watched makes something happen to the master and waits until the backup has
// the address, or has given it back. It returns how long that took, and what
// the client saw.
func (d *demo) watched(happen func(), backupHas bool) (took, saw string) {
	watch, start := d.client.Watch(web, 250*time.Millisecond), time.Now()
	happen()
	d.d2.AwaitAddress(patient, vip, backupHas)
	took = seconds(time.Since(start))
	d.client.Spread("tcp", web, 60)
	return took, outage(watch)
}

func (d *demo) killMaster() {
	took, saw := d.watched(func() { d.must(d.master.Signal(syscall.SIGKILL)) }, true)
	d.say("The master was killed with SIGKILL; its guardian handed the address over, and the backup had it %s later.", took)
	d.show(saw)
}

func (d *demo) preempt() {
	took, saw := d.watched(func() { d.master = d.d1.Direct(d.config) }, false)
	d.say("It was started again, adopted its table and preempted %s later.", took)
	d.show(saw)
}

// cutMaster is what the death of a whole machine looks like to the others.
func (d *demo) cutMaster() {
	took, saw := d.watched(d.d1.Vanish, true)
	d.say("The master's cable was cut; the backup took over %s later (three adverts of 0.3 s and its skew).", took)
	d.show(saw)
	took, saw = d.watched(d.d1.Return, false)
	d.say("The cable was mended; of two masters the better one stayed, after %s.", took)
	d.show(saw)
}

func (d *demo) stopMaster() {
	took, saw := d.watched(func() { d.must(d.master.Signal(syscall.SIGTERM)) }, true)
	d.say("The master was stopped with SIGTERM; the backup took over %s later.", took)
	d.show(saw)
	<-d.master.Done()
	if table := d.d1.Table(); table != "" || d.d1.HasAddress(vip) {
		d.Fatalf("the stopped director left its address or\n%s", table)
	}
	d.say("The stopped director left neither services nor the address behind.")
}

func (d *demo) status() {
	out, _ := d.d2.Ldirector("status")
	d.say("ldirector status on the other one says:")
	d.show(out)
}

// realServers counts the real servers in a host's table.
func (d *demo) realServers(h *lab.Host) int { return strings.Count(h.Table(), "-a -t "+web) }

func (d *demo) await(what string, cond func() bool) {
	nettest.Eventually(d, patient, what, func() error {
		if !cond() {
			return fmt.Errorf("not yet")
		}
		return nil
	})
}

// outage says in sentences what the client saw.
func outage(w *lab.Watch) string {
	gap, answered, failed := w.Stop()
	return fmt.Sprintf("The client's longest wait for an answer was %s; %d requests were answered, %d failed.\n",
		seconds(gap), answered, failed)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }

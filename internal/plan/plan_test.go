package plan

import (
	"encoding/json"
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ldirector/ldirector/director"
	"github.com/ldirector/ldirector/director/ipvs"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func addr(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

// example has every kind of change.
func example() Plan {
	web := ipvs.NewKey(ipvs.TCP, addr("192.0.2.1:80"))
	mark := ipvs.NewMarkKey(7, ipvs.INET6)
	gone := ipvs.NewKey(ipvs.UDP, addr("[2001:db8::1]:53"))
	rs := func(s string, weight uint32) *ipvs.Destination {
		return &ipvs.Destination{Addr: addr(s), Forward: ipvs.DR, Weight: weight}
	}
	gue := rs("[2001:db8::9]:0", 3)
	gue.Forward = ipvs.Tunnel
	gue.Tunnel = ipvs.Encapsulation{Type: ipvs.GUE, Port: 6080, Checksum: ipvs.RemoteChecksum}
	gue.UpperThreshold, gue.LowerThreshold = 100, 80
	p := New(director.Plan{Services: []director.ServicePlan{
		{
			Name: "web", Key: web,
			Have: &ipvs.Service{Key: web, Scheduler: "sh", Flags: ipvs.SHPort | ipvs.Persistent, Timeout: 50 * time.Second, PrefixLen: 24},
			Want: &ipvs.Service{Key: web, Scheduler: "mh", Flags: ipvs.MHFallback, PrefixLen: 32},
			Destinations: []director.DestinationPlan{
				{Want: rs("192.0.2.11:80", 1)},
				{Have: rs("192.0.2.12:80", 1), Want: rs("192.0.2.12:80", 2)},
				{Have: rs("192.0.2.13:80", 1)},
			},
		},
		{
			Name: "marked", Key: mark,
			Want:         &ipvs.Service{Key: mark, Scheduler: "wlc", Flags: ipvs.Persistent, Timeout: time.Minute, PrefixLen: 64, PersistenceEngine: "sip"},
			Destinations: []director.DestinationPlan{{Want: gue}},
		},
		{
			Name: "web", Key: web, Have: &ipvs.Service{Key: web}, Want: &ipvs.Service{Key: web},
			Destinations: []director.DestinationPlan{{Have: rs("192.0.2.14:80", 1)}},
		},
		{Key: gone, Have: &ipvs.Service{Key: gone, Scheduler: "rr"}, Destinations: []director.DestinationPlan{{Have: rs("[2001:db8::2]:53", 1)}}},
	}})
	p.Settings = []Argument{{Name: "tcp_timeout", From: "15m", To: "30m"}}
	p.VRRPInstances = []Instance{{Action: Update, Name: "VI_1"}}
	return p
}

func TestText(t *testing.T) {
	var b strings.Builder
	if err := example().WriteText(&b); err != nil {
		t.Fatal(err)
	}
	golden(t, "plan.txt", b.String())
}

func TestJSON(t *testing.T) {
	b, err := json.MarshalIndent(example(), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "plan.json", string(b)+"\n")
}

func TestEmpty(t *testing.T) {
	p := New(director.Plan{})
	var b strings.Builder
	if err := p.WriteText(&b); err != nil || !p.Empty() {
		t.Fatal(p, err)
	}
	if !strings.HasPrefix(b.String(), "Nothing to change") {
		t.Error(b.String())
	}
	text, err := json.Marshal(p)
	if err != nil || string(text) != `{"virtual_servers":[],"settings":[],"vrrp_instances":[]}` {
		t.Error(string(text), err)
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

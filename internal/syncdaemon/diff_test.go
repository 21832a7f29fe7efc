package syncdaemon

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ldirector/ldirector/director/ipvs"
)

var group4 = netip.MustParseAddr("224.0.0.81")

func TestDesired(t *testing.T) {
	always := &Config{Interface: "eth1", ID: 51, MaxLen: 1400, Port: 9000, TTL: 3, Group: netip.MustParseAddr("239.0.0.1")}
	vrrp := &Config{Interface: "eth1", VRRPInstance: "VI_1"}
	tests := []struct {
		name   string
		cfg    *Config
		master bool
		want   []ipvs.SyncDaemon
	}{
		{"no configuration", nil, true, nil},
		{"without VRRP", always, false, []ipvs.SyncDaemon{
			{Role: ipvs.SyncMaster, Interface: "eth1", ID: 51, MaxLen: 1400, Port: 9000, TTL: 3, Group: netip.MustParseAddr("239.0.0.1")},
			{Role: ipvs.SyncBackup, Interface: "eth1", ID: 51, MaxLen: 1400, Port: 9000, TTL: 3, Group: netip.MustParseAddr("239.0.0.1")},
		}},
		{"Master", vrrp, true, []ipvs.SyncDaemon{{Role: ipvs.SyncMaster, Interface: "eth1"}}},
		{"not Master", vrrp, false, []ipvs.SyncDaemon{{Role: ipvs.SyncBackup, Interface: "eth1"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, Desired(tt.cfg, tt.master), cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestDiff(t *testing.T) {
	wanted := func(role ipvs.SyncRole) ipvs.SyncDaemon {
		return ipvs.SyncDaemon{Role: role, Interface: "eth1", ID: 51}
	}
	running := func(role ipvs.SyncRole) ipvs.SyncDaemon {
		return ipvs.SyncDaemon{Role: role, Interface: "eth1", ID: 51, MaxLen: 1472, Port: 8848, TTL: 1, Group: group4}
	}
	other := running(ipvs.SyncBackup)
	other.Interface = "eth0"
	short := wanted(ipvs.SyncMaster)
	short.MaxLen = 500
	tests := []struct {
		name       string
		have, want []ipvs.SyncDaemon
		expect     string
	}{
		{"nothing", nil, nil, ""},
		{"as wanted", []ipvs.SyncDaemon{running(ipvs.SyncBackup)}, []ipvs.SyncDaemon{wanted(ipvs.SyncBackup)}, ""},
		{"start", nil, []ipvs.SyncDaemon{wanted(ipvs.SyncMaster), wanted(ipvs.SyncBackup)},
			"start sync daemon master on eth1 with ID 51\nstart sync daemon backup on eth1 with ID 51"},
		{"change of role", []ipvs.SyncDaemon{running(ipvs.SyncBackup)}, []ipvs.SyncDaemon{wanted(ipvs.SyncMaster)},
			"start sync daemon master on eth1 with ID 51\nstop sync daemon backup on eth1 with ID 51"},
		{"other interface", []ipvs.SyncDaemon{other}, []ipvs.SyncDaemon{wanted(ipvs.SyncBackup), wanted(ipvs.SyncMaster)},
			"start sync daemon master on eth1 with ID 51\n" +
				"restart sync daemon backup on eth1 with ID 51: now on eth0 with ID 51, group 224.0.0.81 port 8848, ttl 1, maxlen 1472"},
		{"other length", []ipvs.SyncDaemon{running(ipvs.SyncMaster)}, []ipvs.SyncDaemon{short},
			"restart sync daemon master on eth1 with ID 51: now on eth1 with ID 51, group 224.0.0.81 port 8848, ttl 1, maxlen 1472"},
		{"stop", []ipvs.SyncDaemon{running(ipvs.SyncMaster), running(ipvs.SyncBackup)}, nil,
			"stop sync daemon master on eth1 with ID 51\nstop sync daemon backup on eth1 with ID 51"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var lines []string
			for _, c := range Diff(tt.have, tt.want) {
				lines = append(lines, c.String())
			}
			if diff := cmp.Diff(tt.expect, strings.Join(lines, "\n")); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

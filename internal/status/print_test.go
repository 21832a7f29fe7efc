package status

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ldirector/ldirector/internal/api"
)

func TestPrintStatus(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	ago := func(d time.Duration) *time.Time { t := now.Add(-d); return &t }
	st := api.Status{
		VirtualServers: []api.VirtualServer{
			{
				Name: "web", Scheduler: "wrr", Quorum: 1, LiveWeight: 1, QuorumUp: true, Services: []string{"TCP 192.168.25.100:80", "b", "c"}, Changed: ago(time.Minute), Repairs: 2, Rates: &api.Traffic{Connections: 1234, BytesIn: 12345678},
				RealServers: []api.RealServer{
					{Address: "192.168.25.31:80", Method: "DR", State: "up", Weight: 1, ConfiguredWeight: 1, EffectiveWeight: 1, Active: 12, Inactive: 3, Rates: &api.Traffic{Connections: 3, BytesIn: 1200, BytesOut: 56000}, Since: ago(75 * time.Second)},
					{Address: "192.168.25.32:80", Method: "DR", State: "down", Reason: "tcp_check: connection refused", Since: ago(26 * time.Hour)},
					{Address: "192.168.25.33:80", Method: "DR", State: "up", Weight: 7, ConfiguredWeight: 10, EffectiveWeight: 7, Warning: "ssl_get: certificate expires in 12 days", Since: ago(time.Second)},
				},
			},
			{Name: "dns", Services: []string{"UDP 192.168.25.100:53"}, Scheduler: "rr", Quorum: 2, SorryActive: true, Error: "no scheduler", Contested: true},
		},
		SyncDaemon: api.SyncDaemon{Roles: []string{"master"}},
		VRRPInstances: []api.VRRPInstance{
			{Name: "VI_1", State: "MASTER", Interface: "ens160", VRID: 51, Priority: 100, Master: "192.168.25.1", Since: ago(5 * time.Second), Addresses: []netip.Addr{netip.MustParseAddr("192.168.25.100")},
				Released: true, PriorityOverride: 100, Conflicts: []string{"192.168.25.9 is not heard: bad_version"}},
			{Name: "VI_2", State: "FAULT", Interface: "ens192", VRID: 52, Priority: 90, Faults: []string{"track_script chk", "link of ens192 down"}, HandingOver: true},
			{Name: "VI_3", State: "INIT", Interface: "ens192", VRID: 53, Priority: 90, Waiting: "track_check gw"},
		},
		VRRPGroups:     []api.VRRPGroup{{Name: "SG", State: "BACKUP", Members: []string{"VI_2", "VI_3"}}},
		ForeignRouters: []api.ForeignRouter{{Interface: "ens160", VRID: 7, Source: netip.MustParseAddr("192.168.25.77"), Last: ago(2 * time.Second)}},
	}
	want := `
web  TCP 192.168.25.100:80 and 2 more  wrr  ok, quorum 1, live weight 1, 1.2k conn/s, 12.3MB/s, changed 1m0s ago, repaired 2 times
  REAL SERVER       METHOD  STATE  WEIGHT  ACTIVE  INACTIVE  CONN/S  BYTES/S  SINCE  REASON
  192.168.25.31:80  DR      up     1       12      3         3       57.2k    1m15s
  192.168.25.32:80  DR      down   0       0       0         -       -        1d2h   tcp_check: connection refused
  192.168.25.33:80  DR      up     7 (10)  0       0         -       -        1s     WARNING ssl_get: certificate expires in 12 days

dns  UDP 192.168.25.100:53  rr  SORRY SERVER IS IN, quorum 2, live weight 0
  REFUSED BY THE KERNEL: no scheduler
  ANOTHER PROGRAM CHANGES IT AGAIN AND AGAIN: find and stop it, or leave this service to it
  REAL SERVER  METHOD  STATE  WEIGHT  ACTIVE  INACTIVE  CONN/S  BYTES/S  SINCE  REASON

VRRP INSTANCE  STATE   PRIORITY  MASTER        SINCE  INTERFACE  VRID  ADDRESSES       REASON
VI_1           MASTER  100       192.168.25.1  5s     ens160     51    192.168.25.100  released: does not preempt; priority set to 100 by command
VI_2           FAULT   90        -             -      ens192     52                    track_script chk; link of ens192 down; hands over
VI_3           INIT    90        -             -      ens192     53                    waits for track_check gw
CONFLICT in VI_1: 192.168.25.9 is not heard: bad_version

Group SG is BACKUP: VI_2, VI_3

Another virtual router, 7 of 192.168.25.77, is on ens160, heard 2s ago.

The kernel's sync daemon runs as master.
`
	var b strings.Builder
	if err := Print(&b, st, now, false); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, "\n"+trimLines(b.String())); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// trimLines removes the blanks at the ends of lines.
func trimLines(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

func TestPrintStatusShowsTrouble(t *testing.T) {
	var b strings.Builder
	st := api.Status{Table: api.Table{Error: "no buffer space", LedgerError: "disk full", Settings: "no sysctl"},
		Configuration: api.Configuration{Error: "Error: a.hcl:1"}, SyncDaemon: api.SyncDaemon{Error: "no eth9"}}
	if err := Print(&b, st, time.Now(), false); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"NOT IN STEP WITH THE KERNEL: no buffer space", "LEAVE SERVICES BEHIND: disk full",
		"NOT AS CONFIGURED: no sysctl", "REFUSED, the configuration before it is in force:\nError: a.hcl:1", "SYNC DAEMON NOT AS CONFIGURED: no eth9"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in\n%s", want, &b)
		}
	}
}

func TestAge(t *testing.T) {
	now := time.Now()
	for d, want := range map[time.Duration]string{
		-time.Second: "0s", 59 * time.Second: "59s", time.Minute: "1m0s", 3*time.Hour + 7*time.Minute: "3h7m", 50 * time.Hour: "2d2h",
	} {
		then := now.Add(-d)
		if got := Age(&then, now); got != want {
			t.Errorf("Age(%v) = %s, want %s", d, got, want)
		}
	}
	if got := Age(nil, now); got != "-" {
		t.Errorf("Age(nil) = %s", got)
	}
}

package notify

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ldirector/ldirector/internal/nettest"
	"github.com/ldirector/ldirector/vrrp"
)

const keepalivedConf = `
global_defs {
  router_id test
  script_user root
  vrrp_notify_fifo DIR/fifo
  vrrp_notify_priority_changes true
}
vrrp_track_file f {
  file DIR/track
}
vrrp_sync_group SG {
  group {
    VI_1
    VI_2
  }
  notify "SCRIPT group-any"
  notify_master "SCRIPT group-master"
}
vrrp_instance VI_1 {
  virtual_router_id 51
  priority 150
COMMON
  notify_master "SCRIPT master x"
  notify_backup "SCRIPT backup"
  notify_fault "SCRIPT fault"
  notify_stop "SCRIPT stop"
  notify "SCRIPT any"
}
vrrp_instance VI_2 {
  virtual_router_id 52
  priority 140
COMMON
}
vrrp_instance VI_3 {
  virtual_router_id 53
  priority 130
COMMON
  track_file {
    f weight 1
  }
}
`

// What keepalived writes and runs is what a FIFO and Commands are for.
func TestKeepalivedWritesTheSame(t *testing.T) {
	nettest.Require(t, nettest.NetNS, nettest.Keepalived)
	dir := t.TempDir()
	fifo, track, ran := filepath.Join(dir, "fifo"), filepath.Join(dir, "track"), filepath.Join(dir, "ran")
	script := shell(t, dir, `echo "$*" >>`+ran)
	conf := filepath.Join(dir, "keepalived.conf")
	common := "  interface eth0\n  state BACKUP\n  version 3\n  advert_int 0.1\n  virtual_ipaddress {\n    10.9.9.9/32\n  }"
	text := strings.NewReplacer("DIR", dir, "SCRIPT", script, "COMMON", common).Replace(keepalivedConf)
	for path, content := range map[string]string{conf: text, track: "0\n"} {
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	reader := nettest.Start(t, "cat", fifo)
	lan := nettest.NewLAN(t, "lan")
	ns := nettest.New(t, "keepalived")
	lan.Connect(ns, "eth0", netip.MustParsePrefix("10.9.9.1/24"))
	keepalived := ns.Start(ns.Command("keepalived", "-P", "-n", "-l", "-D", "-f", conf, "-p", dir+"/p", "-r", dir+"/v"))

	var notices []vrrp.Notice
	expect := func(more ...vrrp.Notice) {
		t.Helper()
		notices = append(notices, more...)
		nettest.Eventually(t, 20*time.Second, "keepalived has written", func() error {
			if diff := cmp.Diff(lines(t, notices), sorted(reader.Output())); diff != "" {
				return fmt.Errorf("lines (-want +got):\n%s", diff)
			}
			return nil
		})
	}
	expect(append(everywhere(vrrp.Backup, 130), everywhere(vrrp.Master, 130)...)...)
	if err := os.WriteFile(track, []byte("5\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	expect(vrrp.Notice{Kind: vrrp.PriorityChanged, Name: "VI_3", To: vrrp.Master, Priority: 135})
	if err := keepalived.Stop(20 * time.Second); err != nil {
		t.Error(err)
	}
	expect(everywhere(vrrp.Initialize, 135)...)

	instance := Commands{
		Master: []string{"master", "x"}, Backup: []string{"backup"}, Fault: []string{"fault"}, Stop: []string{"stop"}, Any: []string{"any"},
	}
	group := Commands{Master: []string{"group-master"}, Any: []string{"group-any"}}
	var want []string
	for _, n := range notices {
		commands := map[string]*Commands{"VI_1": &instance, "SG": &group}[n.Name]
		if commands == nil {
			continue
		}
		for _, command := range commands.For(n, false) {
			want = append(want, strings.Join(command, " "))
		}
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, sorted(read(t, ran))); diff != "" {
		t.Errorf("commands (-want +got):\n%s", diff)
	}
}

// everywhere is what is told when all routers and the group get into a state.
func everywhere(to vrrp.State, third uint8) []vrrp.Notice {
	return []vrrp.Notice{
		{Name: "VI_1", To: to, Priority: 150},
		{Name: "VI_2", To: to, Priority: 140},
		{Name: "VI_3", To: to, Priority: third},
		{Name: "SG", Group: true, To: to},
	}
}

// lines are those of a FIFO, sorted.
func lines(t *testing.T, notices []vrrp.Notice) (all []string) {
	t.Helper()
	for _, n := range notices {
		line, ok := RouterLine(n, false)
		if !ok {
			t.Fatalf("no line for %+v", n)
		}
		all = append(all, line)
	}
	slices.Sort(all)
	return all
}

// sorted returns the lines of a text.
func sorted(text string) []string {
	all := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	slices.Sort(all)
	return all
}

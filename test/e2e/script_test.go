package e2e

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ldirector/ldirector/internal/nettest"
)

const scriptService = `
track_file "load" {
  file      = "%[1]s/load"
  weight    = -1
  init_file = "4"
}
virtual_server "web" {
  address    = "192.168.25.100:80"
  lb_algo    = "wrr"
  lb_kind    = "DR"
  delay_loop = "1s"
  real_server "192.168.25.31:80" {
    weight = 10
    misc_check {
      misc_path    = "%[1]s/check dynamic"
      misc_timeout = "2s"
      misc_dynamic = true
    }
  }
  real_server "192.168.25.32:80" {
    weight = 10
    file_check {
      track_file = "load"
      delay_loop = "1h"
    }
  }
  real_server "192.168.25.33:80" {
    weight = 10
    misc_check {
      misc_path    = "%[1]s/check nagios"
      misc_timeout = "2s"
      nagios       = true
    }
  }
}
`

// Scripts and files say what a real server weighs and whether it is there.
func TestScriptsAndFilesDecide(t *testing.T) {
	s := newSite(t)
	d := s.lonely()
	dir := t.TempDir()
	say := func(name, text string) { // in one piece, for whoever reads it
		t.Helper()
		path := filepath.Join(dir, name)
		if err := errors.Join(os.WriteFile(path+".new", []byte(text), 0o755), os.Rename(path+".new", path)); err != nil {
			t.Fatal(err)
		}
	}
	say("check", "#!/bin/sh\n. "+dir+"/$1\n")
	say("dynamic", `echo "$RIP $VIP $VPORT $PROTOCOL" >`+dir+`/environment; exit 22`)
	say("nagios", "exit 0")
	d.Direct(s.File(fmt.Sprintf(scriptService, dir)))
	table := func(weights ...int) {
		t.Helper()
		text := "-A -t 192.168.25.100:80 -s wrr"
		for i, weight := range weights {
			if weight >= 0 {
				text += fmt.Sprintf("\n-a -t 192.168.25.100:80 -r 192.168.25.%d:80 -g -w %d", 31+i, weight)
			}
		}
		d.AwaitTable(soon, text)
	}
	reason := func(want string) {
		t.Helper()
		nettest.Eventually(t, soon, "the status says "+want, func() error {
			if out, _ := d.Ldirector("status", "--json"); !strings.Contains(out, want) {
				return errors.New(out)
			}
			return nil
		})
	}
	table(20, 6, 10)
	if got, err := os.ReadFile(dir + "/environment"); string(got) != "192.168.25.31 192.168.25.100 80 TCP\n" {
		t.Errorf("the script was asked for %q, %v", got, err)
	}

	say("load", "9\n")
	say("dynamic", "echo no answer; exit 1")
	say("nagios", "echo 'WARNING - slow | time=3'; exit 1")
	table(-1, 1, 10)
	reason("exit status 1: no answer")
	reason("WARNING - slow")

	say("load", "2147483648\n")
	say("dynamic", "exit 0")
	say("nagios", "sleep 600")
	table(10, -1, -1)
	reason("2147483648 in ")
	reason("timed out after 2s")

	if err := errors.Join(os.Remove(dir+"/check"), os.Remove(dir+"/load")); err != nil {
		t.Fatal(err)
	}
	table(-1, 10, -1)
	reason("check: no such file or directory")
	if out, code := d.Ldirector("reload"); code == 0 || !strings.Contains(out, "Probe cannot work here") {
		t.Errorf("reload without the script: exit code %d\n%s", code, out)
	}
}

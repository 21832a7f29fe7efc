package netif

import (
	"errors"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/ldirector/ldirector/internal/nettest"
)

func TestSysctlIsWrittenAndRead(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	ns := nettest.New(t, "sysctl")
	ns.Run("ip", "link", "add", "eth0.5", "type", "bridge") // a dot in a name
	const name = "net/ipv4/conf/eth0.5/arp_announce"
	err := ns.Do(func() error {
		if err := WriteSysctl(name, "2"); err != nil {
			return err
		}
		got, err := ReadSysctl(name)
		if got != "2" {
			t.Errorf("%s = %q, want 2", name, got)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestSysctlErrors(t *testing.T) {
	const missing = "net/ipv4/conf/no-such-if/arp_ignore"
	_, err := ReadSysctl(missing)
	checkError(t, err, os.ErrNotExist, "read sysctl "+missing+": no such file or directory")
	err = WriteSysctl(missing, "1")
	checkError(t, err, os.ErrNotExist, "write sysctl "+missing+" = 1: no such file or directory")

	for _, name := range []string{"", "../etc/passwd", "/etc/passwd"} {
		if _, err := ReadSysctl(name); err == nil || !strings.Contains(err.Error(), "not the name of a sysctl") {
			t.Errorf("read %q: got error %v", name, err)
		}
		if err := WriteSysctl(name, "1"); err == nil || !strings.Contains(err.Error(), "not the name of a sysctl") {
			t.Errorf("write %q: got error %v", name, err)
		}
	}
}

func TestSysctlRefusesAnImpossibleValue(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	ns := nettest.New(t, "sysctl")
	const name = "net/ipv4/conf/lo/arp_ignore"
	err := ns.Do(func() error { return WriteSysctl(name, "no-number") })
	checkError(t, err, unix.EINVAL, "write sysctl "+name+" = no-number: invalid argument")
}

func checkError(t *testing.T, err, want error, text string) {
	t.Helper()
	if !errors.Is(err, want) || err.Error() != text {
		t.Errorf("got error %v, want %q", err, text)
	}
}

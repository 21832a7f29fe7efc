package nettest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/vishvananda/netlink"
)

// A Feature is something a test needs from the machine. Any value other than
// NetNS and IPVS names a program.
type Feature string

// Features of the kernel, and the programs that most tests want.
const (
	NetNS Feature = "netns" // root that may create network namespaces, and iproute2
	IPVS  Feature = "ipvs"  // the kernel's IPVS; its module is loaded on demand

	Keepalived Feature = "keepalived"
	FRR        Feature = "vrrpd" // FRRouting's VRRP, with which zebra comes
	Ipvsadm    Feature = "ipvsadm"
	Tshark     Feature = "tshark"
	Nginx      Feature = "nginx"
	Chromium   Feature = "chromium"
)

// requireEnv names the variable that lists, separated by commas, the features
// whose absence fails a test: names of features, or "tools" for all programs.
const requireEnv = "LDIRECTOR_REQUIRE"

// Require skips the test if the machine lacks one of the features, saying what
// is missing and how to get it. It fails the test instead if the environment
// variable LDIRECTOR_REQUIRE lists the missing feature, for example
// "netns,ipvs,tools", where "tools" stands for every program.
func Require(tb TB, features ...Feature) {
	tb.Helper()
	for _, f := range features {
		err := f.check()
		if err == nil {
			continue
		}
		if f.required(os.Getenv(requireEnv)) {
			tb.Fatalf("%s lists %s: %v", requireEnv, f, err)
		}
		tb.Skipf("needs %s: %v", f, err)
	}
}

// required reports whether list, a value of LDIRECTOR_REQUIRE, contains f.
func (f Feature) required(list string) bool {
	tool := f != NetNS && f != IPVS
	for word := range strings.SplitSeq(list, ",") {
		word = strings.TrimSpace(word)
		if strings.EqualFold(word, string(f)) || tool && strings.EqualFold(word, "tools") {
			return true
		}
	}
	return false
}

// check returns nil if the machine has f, else what is missing and how to get it.
func (f Feature) check() error {
	switch f {
	case NetNS:
		return checkNetNS()
	case IPVS:
		return checkIPVS()
	default:
		_, err := program(string(f))
		return err
	}
}

func checkNetNS() error {
	if os.Geteuid() != 0 {
		return errors.New("not root: run the test as root, or in the virtual machine of test/vm")
	}
	ip, err := program("ip")
	if err != nil {
		return fmt.Errorf("iproute2: %w", err)
	}
	// In a child: a thread of ours that stayed there could be the main thread,
	// whose namespace /proc/self shows.
	child := exec.Command(ip, "-V")
	child.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	if err := child.Run(); err != nil {
		return fmt.Errorf("create a network namespace: %w (needs CAP_SYS_ADMIN and CONFIG_NET_NS)", err)
	}
	return nil
}

func checkIPVS() error {
	if os.Geteuid() != 0 {
		return errors.New("not root: run the test as root, or in the virtual machine of test/vm")
	}
	_, err := netlink.GenlFamilyGet("IPVS")
	if err == nil {
		return nil
	}
	modprobe, lookErr := program("modprobe")
	if lookErr == nil {
		out, runErr := exec.Command(modprobe, "ip_vs").CombinedOutput()
		if _, err = netlink.GenlFamilyGet("IPVS"); err == nil {
			return nil
		}
		if runErr != nil {
			err = fmt.Errorf("modprobe ip_vs: %s", strings.TrimSpace(string(out)))
		}
	}
	return fmt.Errorf("the running kernel has no ip_vs (%w): use a distribution kernel, or the virtual machine of test/vm", err)
}

// program returns the path of an installed program. It also looks where Debian
// keeps programs for root, because PATH of a plain user leaves those out, and
// the daemons of FRRouting, which are in nobody's PATH.
func program(name string) (string, error) {
	path, err := exec.LookPath(name)
	if err == nil {
		return path, nil
	}
	if !strings.Contains(name, "/") {
		for _, dir := range []string{"/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/lib/frr"} {
			if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
				return path, nil
			}
		}
	}
	return "", fmt.Errorf("%w (is the Debian package installed? apt-get install %s)", err, packageOf(name))
}

// packageOf names the Debian package that has a program.
func packageOf(program string) string {
	switch program {
	case "ip", "bridge":
		return "iproute2"
	case "modprobe":
		return "kmod"
	case "nft":
		return "nftables"
	case "vrrpd", "zebra":
		return "frr"
	case "promtool":
		return "prometheus"
	case "systemd-analyze":
		return "systemd"
	default:
		return program
	}
}

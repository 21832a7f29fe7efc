package vrrp

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/ldirector/ldirector/internal/netif"
	"github.com/ldirector/ldirector/internal/nettest"
)

// A crashConn is a RawConn that can stop working as if its process were gone.
type crashConn struct {
	*RawConn
	dead atomic.Bool
}

func (c *crashConn) Send(payload []byte, source, destination netip.Addr) error {
	if c.dead.Load() {
		return errors.New("crashed")
	}
	return c.RawConn.Send(payload, source, destination)
}

// A crashHost is the virtual address in a namespace. It stays there after a crash.
type crashHost struct {
	ns   *nettest.Namespace
	vips *netif.VIPs
	dead atomic.Bool
}

func (h *crashHost) AddAddresses() error    { return h.do(h.vips.AddAddresses) }
func (h *crashHost) RemoveAddresses() error { return h.do(h.vips.RemoveAddresses) }
func (h *crashHost) Announce() error        { return h.do(h.vips.Announce) }

func (h *crashHost) do(f func() error) error {
	if h.dead.Load() {
		return nil
	}
	return h.ns.Do(f)
}

// A capture is everything that VRRP and ARP sent over a LAN.
type capture struct {
	t    *testing.T
	tcp  *nettest.Process
	file string
}

func startCapture(t *testing.T, lan *nettest.LAN) *capture {
	t.Helper()
	c := &capture{t: t, file: filepath.Join(t.TempDir(), "lan.pcap")}
	c.tcp = lan.NS.Start(lan.NS.Command("tcpdump", "-Z", "root", "-U", "--immediate-mode", "-n", "-i", lan.Bridge(), "-w", c.file, "ip proto 112 or arp"))
	nettest.Eventually(t, 10*time.Second, "tcpdump listens", func() error {
		if strings.Contains(c.tcp.Output(), "listening on") {
			return nil
		}
		return errors.New(c.tcp.Output())
	})
	return c
}

// A frame is one captured frame: an advertisement or ARP.
type frame struct {
	at       time.Time
	source   string // IP, or sender's IP of ARP
	mac      string
	arp      bool
	opcode   string // of ARP
	priority int
	ttl, tos string
	checksum string // tshark's verdict: 1 is good
}

// frames ends the capture and has tshark decode it.
func (c *capture) frames() []frame {
	c.t.Helper()
	if err := c.tcp.Signal(syscall.SIGINT); err == nil {
		if err := c.tcp.Wait(10 * time.Second); err != nil {
			c.t.Fatalf("end capture: %v", err)
		}
	}
	if info, err := os.Stat(c.file); err != nil || info.Size() == 0 {
		c.t.Fatalf("no capture: %v", err)
	}
	ns := nettest.New(c.t, "tshark")
	args := []string{"-n", "-r", c.file, "-T", "fields", "-E", "separator=,"}
	for _, f := range []string{
		"frame.time_epoch", "eth.src", "ip.src", "ip.ttl", "ip.dsfield", "vrrp.prio", "vrrp.checksum.status",
		"arp.opcode", "arp.src.proto_ipv4",
	} {
		args = append(args, "-e", f)
	}
	cmd := ns.Command("tshark", args...)
	out, err := cmd.Output()
	if err != nil {
		c.t.Fatalf("tshark: %v", err)
	}
	var frames []frame
	for line := range strings.Lines(string(out)) {
		frames = append(frames, c.parse(strings.Split(strings.TrimSpace(line), ",")))
	}
	return frames
}

func (c *capture) parse(field []string) frame {
	c.t.Helper()
	seconds, nanos, _ := strings.Cut(field[0], ".")
	s, err := strconv.ParseInt(seconds, 10, 64)
	ns, err2 := strconv.ParseInt(nanos, 10, 64)
	if err := errors.Join(err, err2); err != nil {
		c.t.Fatalf("time %q: %v", field[0], err)
	}
	f := frame{at: time.Unix(s, ns), mac: field[1], source: field[2], ttl: field[3], tos: field[4], checksum: field[6]}
	if field[7] != "" {
		f.arp, f.opcode, f.source = true, field[7], field[8]
		return f
	}
	if f.priority, err = strconv.Atoi(field[5]); err != nil {
		c.t.Fatalf("priority %q: %v", field[5], err)
	}
	return f
}

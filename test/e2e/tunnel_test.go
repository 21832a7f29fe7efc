package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ldirector/ldirector/test/lab"
)

// openTunnels makes a back-end accept every kind of tunnel from the director.
// GUE ends in fou, which hands what is inside to the devices for plain tunnels.
// checksums are for GRE, where both ends must agree.
const openTunnels = `set -e
modprobe -a fou ipip sit ip6_tunnel ip_gre ip6_gre
ip fou add port 6080 gue
ip -6 fou add port 6080 gue
ip link add in44 type ipip local 192.168.25.%[1]d remote 192.168.25.11
ip link add in64 type sit local 192.168.25.%[1]d remote 192.168.25.11
ip link add in6 type ip6tnl mode any local 2001:db8:25::%[1]d remote 2001:db8:25::11
ip link add gre4 type gre local 192.168.25.%[1]d remote 192.168.25.11 %[2]s
ip link add gre6 type ip6gre local 2001:db8:25::%[1]d remote 2001:db8:25::11 %[2]s
for i in in44 in64 in6 gre4 gre6; do ip link set $i up; done
`

// Every kind of tunnel carries TCP and UDP of both families over both families.
func TestTunnels(t *testing.T) {
	kinds := []struct{ config, ipvsadm, servers string }{
		{`tun_type = "ipip"`, "ipip", "31 32"},
		{`tun_type = "gue" tun_port = 6080`, "gue --tun-port 6080 --tun-nocsum", "31 32"},
		{`tun_type = "gue" tun_port = 6080 tun_csum = "csum"`, "gue --tun-port 6080 --tun-csum", "31 32"},
		{`tun_type = "gue" tun_port = 6080 tun_csum = "remcsum"`, "gue --tun-port 6080 --tun-remcsum", "31 32"},
		{`tun_type = "gre"`, "gre --tun-nocsum", "31"},
		{`tun_type = "gre" tun_csum = "csum"`, "gre --tun-csum", "32"},
	}
	prefixes := []string{"192.168.25.", "2001:db8:25::"}

	s := newSite(t)
	d := s.Host("d", s.lan, "192.168.25.11/24", "2001:db8:25::11/64")
	var config, want strings.Builder
	var vips, questions []string
	answers := make(map[string]string)
	for _, serves := range prefixes {
		for _, through := range prefixes {
			for _, kind := range kinds {
				vip := fmt.Sprint(serves, 101+len(vips))
				vips = append(vips, vip)
				address := join(vip, 80)
				questions = append(questions, address)
				fmt.Fprintf(&config, "virtual_server %q {\n  addresses = [%[1]q]\n  protocols = [\"TCP\", \"UDP\"]\n", address)
				fmt.Fprintf(&config, "  lb_algo = \"rr\"\n  lb_kind = \"TUN\"\n  %s\n", strings.ReplaceAll(kind.config, " tun_", "\n  tun_"))
				for n := range strings.FieldsSeq(kind.servers) {
					fmt.Fprintf(&config, "  real_server %q {}\n", join(through+n, 80))
					answers[address] = strings.TrimSpace(answers[address] + " r" + n + ":1")
				}
				config.WriteString("}\n")
				for _, protocol := range []string{"-t", "-u"} {
					fmt.Fprintf(&want, "-A %s %s -s rr\n", protocol, address)
					for n := range strings.FieldsSeq(kind.servers) {
						fmt.Fprintf(&want, "-a %s %s -r %s -i -w 1 --tun-type %s\n", protocol, address, join(through+n, 80), kind.ipvsadm)
					}
				}
			}
		}
	}
	var backends []*lab.Host
	for n, checksum := range map[int]string{31: "", 32: "csum"} {
		h, _ := s.backend(n, vips...)
		backends = append(backends, h)
		h.Run("sh", "-c", fmt.Sprintf(openTunnels, n, checksum))
		h.ServeUDP(":80", fmt.Sprint("r", n))
	}
	d.Run("sh", "-c", addresses(vips))
	d.Direct(s.File(config.String()))
	d.AwaitTable(soon, want.String())
	for i, address := range questions {
		for _, network := range []string{"tcp", "udp"} {
			got := tally(s.client, network, address, 20000+10*i, len(strings.Fields(answers[address])))
			if text := strings.Trim(fmt.Sprint(got), "map[]"); text != answers[address] {
				t.Errorf("%s to %s with %s: %s, want %s\n%s", network, address, kinds[i%len(kinds)].config, text, answers[address], d.Run("ipvsadm", "-Lnc"))
			}
		}
	}
	for _, h := range backends {
		for _, device := range []string{"in44", "in64", "in6", "gre4", "gre6"} {
			if n := h.Run("cat", "/sys/class/net/"+device+"/statistics/rx_packets"); n == "0\n" {
				t.Errorf("nothing came to %s through %s", h.Name(), device)
			}
		}
	}
}

// tally is Spread that counts what fails, too. It asks from the ports that
// follow: IPVS sends a UDP packet from a port that it knows to the server of
// the one before.
func tally(client *lab.Host, network, address string, port, n int) map[string]int {
	got := make(map[string]int)
	for i := range n {
		name, err := client.AskFrom(fmt.Sprint(":", port+i), network, address)
		if err != nil {
			name = err.Error()
		}
		got[name]++
	}
	return got
}

// addresses is a script that gives a director virtual addresses for good.
func addresses(vips []string) string {
	var script strings.Builder
	for _, vip := range vips {
		length := "32"
		if strings.Contains(vip, ":") {
			length = "128 preferred_lft 0"
		}
		fmt.Fprintf(&script, "ip address add %s/%s dev eth0\n", vip, length)
	}
	return script.String()
}

// join is net.JoinHostPort with a number.
func join(host string, port int) string {
	if strings.Contains(host, ":") {
		return fmt.Sprintf("[%s]:%d", host, port)
	}
	return fmt.Sprintf("%s:%d", host, port)
}

// GUE to another network, through a tunnel of each family.
func TestGUE(t *testing.T) {
	s := newSite(t)
	router := s.Host("router", s.lan, "192.168.25.1/24", "2001:db8:25::1/64")
	far := s.LAN("far")
	router.Plug(far, "eth1", "192.168.40.1/24", "2001:db8:40::1/64")
	router.Run("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
	h := s.Host("r31", far, "192.168.40.31/24", "2001:db8:40::31/64")
	h.Prepare(vip)
	h.Run("sh", "-c", `set -e
		modprobe -a fou ipip ip6_tunnel
		ip fou add port 6080 gue
		ip -6 fou add port 6080 gue
		ip link add in4 type ipip local 192.168.40.31 remote 192.168.25.11
		ip link add in6 type ip6tnl mode any local 2001:db8:40::31 remote 2001:db8:25::11
		ip link set in4 up
		ip link set in6 up
		ip route add default via 192.168.40.1
		ip route add default via 2001:db8:40::1`)
	h.Serve(":80", "r31")
	d := s.Host("d", s.lan, "192.168.25.11/24", vip+"/24", "2001:db8:25::11/64")
	d.Run("sh", "-c", "ip route add default via 192.168.25.1 && ip route add default via 2001:db8:25::1")
	d.Direct(s.Example("tunnel-gue.hcl"))
	d.AwaitTable(soon, `
		-A -t 192.168.25.100:80 -s rr
		-a -t 192.168.25.100:80 -r 192.168.40.31:80 -i -w 1 --tun-type gue --tun-port 6080 --tun-nocsum
		-a -t 192.168.25.100:80 -r [2001:db8:40::31]:80 -i -w 1 --tun-type gue --tun-port 6080 --tun-csum`)
	expect(t, s.client.Spread("tcp", web, 6), "r31:6")
	awaitScheduled(t, d, "192.168.40.31:80", 3)
	awaitScheduled(t, d, "[2001:db8:40::31]:80", 3)
}

// NAT of IPv6, to another port.
func TestIPv6NAT(t *testing.T) {
	s := newSite(t)
	d := s.Host("d", s.lan, "2001:db8:25::11/64", "2001:db8:25::100/64")
	inside := s.LAN("inside")
	d.Plug(inside, "eth1", "2001:db8:26::1/64")
	d.Run("sysctl", "-qw", "net.ipv6.conf.all.forwarding=1")
	for _, n := range []string{"31", "32"} {
		h := s.Host("r"+n, inside, "2001:db8:26::"+n+"/64")
		h.Run("ip", "route", "add", "default", "via", "2001:db8:26::1")
		h.Serve(":8080", "r"+n)
		h.ServeUDP(":8080", "r"+n)
	}
	d.Direct(s.File(`
virtual_server "web" {
  addresses    = ["[2001:db8:25::100]:80"]
  protocols    = ["TCP", "UDP"]
  lb_algo      = "rr"
  lb_kind      = "NAT"
  real_servers = ["[2001:db8:26::31]:8080", "[2001:db8:26::32]:8080 weight 2"]
}`))
	d.AwaitTable(soon, `
		-A -t [2001:db8:25::100]:80 -s rr
		-a -t [2001:db8:25::100]:80 -r [2001:db8:26::31]:8080 -m -w 1
		-a -t [2001:db8:25::100]:80 -r [2001:db8:26::32]:8080 -m -w 2
		-A -u [2001:db8:25::100]:80 -s rr
		-a -u [2001:db8:25::100]:80 -r [2001:db8:26::31]:8080 -m -w 1
		-a -u [2001:db8:25::100]:80 -r [2001:db8:26::32]:8080 -m -w 2`)
	for _, network := range []string{"tcp", "udp"} {
		expect(t, s.client.Spread(network, "[2001:db8:25::100]:80", 4), "r31:2 r32:2")
	}
}

package dns

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/internal/nettest"
)

// ask probes a target; the test fails if there is no such probe.
func ask(t *testing.T, c Config, addr netip.AddrPort, timeout time.Duration) error {
	t.Helper()
	p, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	_, err = p.Probe(ctx, healthcheck.Target{Addr: addr}, healthcheck.Unknown)
	return err
}

// check fails the test unless err has the text, or is nil for "".
func check(t *testing.T, err error, want string) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Errorf("got %v, want success", err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		t.Errorf("got %v, want %q", err, want)
	}
}

// serveUDP answers each datagram with those that reply returns.
func serveUDP(t *testing.T, reply func(query []byte) [][]byte) netip.AddrPort {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 65536)
		for {
			n, from, err := c.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			for _, r := range reply(buf[:n]) {
				_, _ = c.WriteToUDPAddrPort(r, from)
			}
		}
	}()
	t.Cleanup(func() {
		c.Close()
		<-done
	})
	return c.LocalAddr().(*net.UDPAddr).AddrPort()
}

// respond returns the answer to a query, as change makes it.
func respond(t *testing.T, query []byte, change func(*dns.Msg)) []byte {
	var q, r dns.Msg
	if err := q.Unpack(query); err != nil {
		t.Error(err)
		return nil
	}
	r.SetReply(&q)
	if change != nil {
		change(&r)
	}
	b, err := r.Pack()
	if err != nil {
		t.Error(err)
	}
	return b
}

func TestNewRefuses(t *testing.T) {
	tests := []struct {
		name   string
		config Config
		want   string
	}{
		{"type", Config{Type: "HTTP"}, `record type "HTTP" is not known`},
		{"number", Config{Type: "TYPE070"}, `record type "TYPE070" is not known`},
		{"large number", Config{Type: "TYPE65536"}, `record type "TYPE65536" is not known`},
		{"zone transfer", Config{Type: "axfr"}, "record type AXFR cannot be asked for"},
		{"name", Config{Name: "a..b"}, `"a..b" is no domain name`},
		{"long label", Config{Name: strings.Repeat("a", 64)}, "is no domain name"},
		{"transport", Config{Transport: "tls"}, `transport "tls" is not known`},
		{"regex", Config{Regex: "("}, "regex: error parsing regexp"},
		{"expected answer", Config{Type: "A", Expect: []string{"192.0.2.1", "localhost"}}, `expect: "localhost" is not the data of a record of type A`},
		{"empty answer", Config{Type: "A", Expect: []string{""}}, `expect: "" is not`},
		{"two records", Config{Type: "TXT", Expect: []string{"a\"\n. TXT \"b"}}, "is not the data of a record"},
		{"any answer", Config{Type: "ANY", Expect: []string{"192.0.2.1"}}, "not ANY"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := New(tt.config)
			check(t, err, tt.want)
			if err == nil {
				t.Error("no error")
			}
		})
	}
}

func TestQueryIsKeepalivedsQuery(t *testing.T) {
	p, err := newProbe(Config{})
	if err != nil {
		t.Fatal(err)
	}
	want := "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" + "\x00\x00\x06\x00\x01" // RD; . SOA IN
	if got := string(p.query(nil, 0x1234)); got != want {
		t.Errorf("got %x, want %x", got, want)
	}
}

func TestAnswer(t *testing.T) {
	rrs := func(text ...string) func(*dns.Msg) {
		return func(m *dns.Msg) {
			for _, s := range text {
				rr, err := dns.NewRR(s)
				if err != nil {
					t.Error(err)
				}
				m.Answer = append(m.Answer, rr)
			}
		}
	}
	www := rrs("www.example.org. 60 IN CNAME Web.example.org.", "web.example.org. 60 IN A 192.0.2.1", "web.example.org. 60 IN A 192.0.2.2")
	tests := []struct {
		name   string
		config Config
		reply  func(*dns.Msg)
		want   string
	}{
		{"empty answer is good", Config{}, nil, ""},
		{"name error", Config{Name: "example.org"}, func(m *dns.Msg) { m.Rcode = dns.RcodeNameError }, "answered NXDOMAIN"},
		{"refused", Config{}, func(m *dns.Msg) { m.Rcode = dns.RcodeRefused }, "answered REFUSED"},
		{"unknown code", Config{}, func(m *dns.Msg) { m.Rcode = 14 }, "answered RCODE 14"},
		{"format error without the question", Config{}, func(m *dns.Msg) { m.Rcode, m.Question = dns.RcodeFormatError, nil }, "answered FORMERR"},
		{"another case", Config{Name: "www.Example.org"}, func(m *dns.Msg) { m.Question[0].Name = "WWW.eXAMPLE.org." }, ""},
		{"both", Config{Name: "www.example.org", Type: "A", Expect: []string{"192.0.2.2", "192.0.2.1"}}, www, ""},
		{"one", Config{Name: "www.example.org", Type: "A", Expect: []string{"192.0.2.2"}}, www, ""},
		{"missing", Config{Name: "www.example.org", Type: "A", Expect: []string{"192.0.2.2", "192.0.2.3"}}, www, "192.0.2.3 is not among the answers: 192.0.2.1, 192.0.2.2"},
		{"none", Config{Name: "www.example.org", Type: "A", Expect: []string{"192.0.2.2"}}, nil, "192.0.2.2 is not among the answers: there are none"},
		{"other form of an address", Config{Type: "AAAA", Expect: []string{"2001:DB8:0:0::1"}}, rrs(". AAAA 2001:db8::1"), ""},
		{"name without dot", Config{Type: "MX", Expect: []string{"10 MX.example.org"}}, rrs(". MX 10 mx.Example.org."), ""},
		{"other preference", Config{Type: "MX", Expect: []string{"20 mx.example.org"}}, rrs(". MX 10 mx.example.org."), "20 mx.example.org. is not among"},
		{"text without quotes", Config{Type: "TXT", Expect: []string{"v=spf1 -all"}}, rrs(`. TXT "v=spf1 -all"`), ""},
		{"case of a text", Config{Type: "TXT", Expect: []string{"A"}}, rrs(`. TXT "a"`), "is not among"},
		{"service", Config{Type: "srv", Expect: []string{"0 5 5060 sip.example.org"}}, rrs(". SRV 0 5 5060 sip.example.org."), ""},
		{"unknown type", Config{Type: "TYPE65280", Expect: []string{`\# 2 abcd`}}, rrs(`. TYPE65280 \# 2 ABCD`), ""},
		{"regex", Config{Type: "A", Regex: `^192\.0\.2\.`}, www, ""},
		{"regex of the alias", Config{Type: "A", Regex: `example`}, www, `no answer matches "example": 192.0.2.1, 192.0.2.2`},
		{"regex without dot", Config{Type: "PTR", Regex: `example\.org$`}, rrs(". PTR www.example.org."), ""},
		{"regex with dot", Config{Type: "PTR", Regex: `example\.org\.$`}, rrs(". PTR www.example.org."), ""},
		{"regex of any type", Config{Type: "ANY", Regex: `192\.0\.2\.1`}, www, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			addr := serveUDP(t, func(q []byte) [][]byte { return [][]byte{respond(t, q, tt.reply)} })
			check(t, ask(t, tt.config, addr, time.Minute), tt.want)
		})
	}
}

func TestOtherMessagesArePassedOver(t *testing.T) {
	refuse := func(m *dns.Msg) { m.Rcode = dns.RcodeRefused }
	addr := serveUDP(t, func(q []byte) [][]byte {
		also := func(change func(*dns.Msg)) []byte {
			return respond(t, q, func(m *dns.Msg) { refuse(m); change(m) })
		}
		return [][]byte{
			nil,
			[]byte("garbage"),
			q, // a query is no answer
			also(func(m *dns.Msg) { m.Id ^= 1 }),
			also(func(m *dns.Msg) { m.Opcode = dns.OpcodeNotify }),
			also(func(m *dns.Msg) { m.Question[0].Name = "example.net." }),
			also(func(m *dns.Msg) { m.Question[0].Qtype = dns.TypeAAAA }),
			also(func(m *dns.Msg) { m.Question[0].Qclass = dns.ClassCHAOS }),
			also(func(m *dns.Msg) { m.Question = nil }),
			also(func(m *dns.Msg) { m.Question = append(m.Question, m.Question[0]) }),
			respond(t, q, nil),
		}
	})
	check(t, ask(t, Config{Name: "example.org", Type: "A"}, addr, time.Minute), "")
}

func TestSilenceTimesOut(t *testing.T) {
	addr := serveUDP(t, func(q []byte) [][]byte { return [][]byte{q} })
	if err := ask(t, Config{}, addr, 30*time.Millisecond); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want %v", err, context.DeadlineExceeded)
	}
}

func TestClosedPortFailsAtOnce(t *testing.T) {
	check(t, ask(t, Config{}, nettest.FreePort(t), time.Minute), "connection refused")
}

func TestBrokenAnswer(t *testing.T) {
	addr := serveUDP(t, func(q []byte) [][]byte {
		r := respond(t, q, nil)
		r[7] = 1 // one answer, says the header
		return [][]byte{append(r, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 1)}
	})
	check(t, ask(t, Config{Type: "A"}, addr, time.Minute), "")
	check(t, ask(t, Config{Type: "A", Regex: "1"}, addr, time.Minute), "answered with a broken message")
}

func TestHostileServersOverTCP(t *testing.T) {
	for _, h := range nettest.Hostile() {
		t.Run(h.Name, func(t *testing.T) {
			err := ask(t, Config{Transport: "tcp"}, nettest.Serve(t, h.Conduct), 50*time.Millisecond)
			if err == nil || errors.Is(err, healthcheck.ErrLocal) {
				t.Errorf("got %v, want a failure of the server", err)
			}
		})
	}
	short := nettest.Serve(t, nettest.Say("\x00\x02hi", nettest.Silent))
	check(t, ask(t, Config{Transport: "tcp"}, short, time.Minute), "answered 2 bytes, which is no DNS message")
	gone := nettest.Serve(t, nettest.HalfClose)
	check(t, ask(t, Config{Transport: "tcp"}, gone, time.Minute), "the server closed the connection without an answer")
}

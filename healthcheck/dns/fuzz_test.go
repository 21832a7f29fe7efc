package dns

import (
	"encoding/binary"
	"testing"
	"unicode"

	"github.com/miekg/dns"
)

// FuzzReply feeds a server's bytes to a probe that looks at all of them.
func FuzzReply(f *testing.F) {
	p, err := newProbe(Config{Type: "A", Name: "www.example.org", Expect: []string{"192.0.2.1"}, Regex: "^192"})
	if err != nil {
		f.Fatal(err)
	}
	good := new(dns.Msg).SetQuestion("www.example.org.", dns.TypeA)
	good.Response, good.Id = true, 7
	for _, text := range []string{"www.example.org. CNAME web.example.org.", "web.example.org. A 192.0.2.1"} {
		rr, err := dns.NewRR(text)
		if err != nil {
			f.Fatal(err)
		}
		good.Answer = append(good.Answer, rr)
	}
	for _, compress := range []bool{false, true} {
		good.Compress = compress
		b, err := good.Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		f.Add(b[:len(b)-3])
	}
	f.Fuzz(func(t *testing.T, reply []byte) {
		if !p.answers(reply, 7) {
			return
		}
		if binary.BigEndian.Uint16(reply) != 7 {
			t.Fatal("another id counts as an answer")
		}
		err := p.judge(reply)
		if err == nil {
			return
		}
		for _, r := range err.Error() {
			if !unicode.IsPrint(r) {
				t.Fatalf("reason %q has %q", err, r)
			}
		}
	})
}

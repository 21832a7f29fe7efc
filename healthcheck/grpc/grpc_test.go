package grpc

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/protobuf/proto"

	"github.com/ldirector/ldirector/healthcheck/probetls"
	"github.com/ldirector/ldirector/internal/probetest"
)

func TestNewRefuses(t *testing.T) {
	tests := []struct {
		name   string
		config Config
		want   string
	}{
		{"long", Config{Service: strings.Repeat("x", maxService+1)}, "at most 1024 bytes"},
		{"not UTF-8", Config{Service: "\xff"}, `service "\xff" is no name`},
		{"TLS", Config{TLS: true, TLSConfig: probetls.Config{Key: "key.pem"}}, "needs a client certificate"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := New(tt.config); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestRequestIsWhatAFramerReads(t *testing.T) {
	now := time.Now()
	r := request{scheme: "https", authority: strings.Repeat("a", 300), deadline: now.Add(1500 * time.Millisecond), message: encodeRequest("shop")}
	sent, ok := bytes.CutPrefix(r.encode(now), []byte(http2.ClientPreface))
	if !ok {
		t.Fatal("no preface")
	}
	framer := http2.NewFramer(io.Discard, bytes.NewReader(sent))
	framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	var got []string
	for {
		frame, err := framer.ReadFrame()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch f := frame.(type) {
		case *http2.SettingsFrame:
			got = append(got, f.Setting(0).String(), f.Setting(1).String())
		case *http2.MetaHeadersFrame:
			for _, field := range f.Fields {
				got = append(got, field.Name+"="+field.Value)
			}
		case *http2.DataFrame:
			got = append(got, string(f.Data()))
			if !f.StreamEnded() {
				t.Error("the stream goes on")
			}
		}
	}
	want := []string{
		"[ENABLE_PUSH = 0]", "[MAX_HEADER_LIST_SIZE = 16384]",
		":method=POST", ":scheme=https", ":path=/grpc.health.v1.Health/Check", ":authority=" + r.authority,
		"te=trailers", "content-type=application/grpc", "user-agent=ldirector", "grpc-timeout=1500m",
		"\x00\x00\x00\x00\x06\x0a\x04shop",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDecodeResponse(t *testing.T) {
	tests := []struct {
		name    string
		message string
		want    string
	}{
		{"serving", "\x08\x01", "SERVING"},
		{"not serving", "\x08\x02", "NOT_SERVING"},
		{"default", "", "UNKNOWN"},
		{"service unknown", "\x08\x03", "SERVICE_UNKNOWN"},
		{"number of another time", "\x08\x07", "health status 7"},
		{"negative", "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "health status -1"},
		{"last one counts", "\x08\x02\x08\x01", "SERVING"},
		{"fields of another time", "\x12\x02ab\x08\x01\x19abcdefgh\x25abcd\x28\x05", "SERVING"},
		{"no value", "\x08", ""},
		{"value without end", "\x08\xff", ""},
		{"another type", "\x0a\x01a", ""},
		{"field zero", "\x00\x01", ""},
		{"text without end", "\x12\x05ab", ""},
		{"four bytes without end", "\x15abc", ""},
		{"group", "\x13\x14", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h, err := decodeResponse(framed(tt.message))
			if tt.want == "" && err == nil || tt.want != "" && (err != nil || h.String() != tt.want) {
				t.Errorf("got %v and %v, want %q", h, err, tt.want)
			}
		})
	}
	for _, b := range []string{"", "\x00\x00\x00\x00", "\x01\x00\x00\x00\x02\x08\x01", "\x00\x00\x00\x00\x03\x08\x01", "\x00\x00\x00\x00\x01\x08\x01"} {
		if _, err := decodeResponse([]byte(b)); err == nil {
			t.Errorf("%q: no error", b)
		}
	}
}

// framed puts gRPC's five bytes before a message.
func framed(message string) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message))), message...)
}

func TestDecodePercent(t *testing.T) {
	tests := map[string]string{
		"plain":         "plain",
		"100%25 %c3%B6": "100% ö",
		"%":             "%",
		"%2":            "%2",
		"%zz%+1":        "%zz%+1",
		"%41":           "A",
	}
	for s, want := range tests {
		if got := decodePercent(s); got != want {
			t.Errorf("%q: got %q, want %q", s, got, want)
		}
	}
}

// A script is the frames that a server sends.
type script struct {
	bytes.Buffer
	framer *http2.Framer
	hpack  *hpack.Encoder
	block  bytes.Buffer
}

func newScript() *script {
	s := new(script)
	s.framer = http2.NewFramer(&s.Buffer, nil)
	s.hpack = hpack.NewEncoder(&s.block)
	_ = s.framer.WriteSettings() // a buffer takes all
	return s
}

func (s *script) header(end bool, fields ...string) {
	s.block.Reset()
	for i := 0; i < len(fields); i += 2 {
		_ = s.hpack.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]})
	}
	_ = s.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: s.block.Bytes(), EndHeaders: true, EndStream: end})
}

func TestFrames(t *testing.T) {
	begin := func(s *script) { s.header(false, ":status", "200", "content-type", "application/grpc") }
	good := func(s *script) {
		begin(s)
		_ = s.framer.WriteData(stream, false, framed("\x08\x01"))
		s.header(true, "grpc-status", "0")
	}
	tests := []struct {
		name string
		send func(*script)
		want string
	}{
		{"good", good, ""},
		{"message in parts", func(s *script) {
			begin(s)
			for _, b := range framed("\x08\x01") {
				_ = s.framer.WriteData(stream, false, []byte{b})
			}
			s.header(true, "grpc-status", "0")
		}, ""},
		{"early header", func(s *script) { s.header(false, ":status", "103"); good(s) }, ""},
		{"other frames", func(s *script) {
			_ = s.framer.WriteSettingsAck()
			_ = s.framer.WritePing(false, [8]byte{1})
			_ = s.framer.WriteWindowUpdate(0, 1000)
			_ = s.framer.WriteGoAway(stream, http2.ErrCodeNo, nil)
			good(s)
		}, ""},
		{"error alone", func(s *script) {
			s.header(true, ":status", "200", "content-type", "application/grpc+proto", "grpc-status", "14", "grpc-message", "too%20bad")
		}, "UNAVAILABLE: too bad"},
		{"no status", func(s *script) { begin(s); _ = s.framer.WriteData(stream, true, framed("\x08\x01")) }, "without a grpc-status"},
		{"odd status", func(s *script) {
			s.header(true, ":status", "200", "content-type", "application/grpc", "grpc-status", "-1")
		}, "grpc-status -1"},
		{"no message", func(s *script) { begin(s); s.header(true, "grpc-status", "0") }, "OK without a message"},
		{"web page", func(s *script) { s.header(true, ":status", "200", "content-type", "text/html") }, "content-type text/html"},
		{"no HTTP status", func(s *script) { s.header(true, "grpc-status", "0") }, "without an HTTP status"},
		{"going away", func(s *script) { _ = s.framer.WriteGoAway(0, http2.ErrCodeEnhanceYourCalm, []byte("too many\n")) }, "the server does not take the call: ENHANCE_YOUR_CALM: too many"},
		{"broken off", func(s *script) { _ = s.framer.WriteRSTStream(stream, http2.ErrCodeRefusedStream) }, "the server broke the call off: REFUSED_STREAM"},
		{"push", func(s *script) {
			_ = s.framer.WritePushPromise(http2.PushPromiseParam{StreamID: stream, PromiseID: 2, EndHeaders: true})
		}, "the server pushes"},
		{"end", begin, "closed the connection without an answer"},
		{"long message", func(s *script) { begin(s); _ = s.framer.WriteData(stream, true, make([]byte, maxMessage+1)) }, errMuch.Error()},
		{"long header", func(s *script) { s.header(true, ":status", "200", "x", strings.Repeat("x", 20_000)) }, "the server"},
		{"many frames", func(s *script) {
			for range maxFrames {
				_ = s.framer.WritePing(false, [8]byte{})
			}
		}, errMuch.Error()},
		{"many bytes", func(s *script) {
			for range 10 {
				_ = s.framer.WriteRawFrame(0x77, 0, 0, make([]byte, 16<<10))
			}
		}, errMuch.Error()},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newScript()
			tt.send(s)
			err := run(s.Bytes())
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// run judges a server that has sent these bytes.
func run(sent []byte) error {
	answer, err := newCaller(io.Discard, bytes.NewReader(sent)).listen()
	if err != nil {
		return err
	}
	return answer.judge()
}

func TestHostileServers(t *testing.T) {
	for _, c := range []Config{{}, {TLS: true}} {
		p, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		probetest.Survives(t, p, nil)
	}
	p, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	probetest.Survives(t, p, nil, newScript().String())
}

// FuzzFrames feeds a server's bytes to a call.
func FuzzFrames(f *testing.F) {
	s := newScript()
	s.header(false, ":status", "200", "content-type", "application/grpc")
	_ = s.framer.WriteData(stream, false, framed("\x08\x01"))
	s.header(true, "grpc-status", "0", "grpc-message", "%c3%B6")
	f.Add(s.Bytes())
	s = newScript()
	s.header(true, ":status", "200", "content-type", "application/grpc", "grpc-status", "12", "grpc-message", "%1b")
	f.Add(s.Bytes())
	s = newScript()
	_ = s.framer.WriteGoAway(0, http2.ErrCodeNo, []byte("bye\x00"))
	f.Add(s.Bytes())
	f.Add([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
	f.Fuzz(func(t *testing.T, sent []byte) {
		err := run(sent)
		if err != nil && (len(err.Error()) > 1000 || strings.ContainsFunc(err.Error(), func(r rune) bool { return !unicode.IsPrint(r) })) {
			t.Fatalf("reason %q is not fit for a status line", err)
		}
	})
}

// FuzzDecodeResponse checks that the message is read as the real thing does.
func FuzzDecodeResponse(f *testing.F) {
	f.Add("\x08\x01")
	f.Add("\x12\x02ab\x08\x02\x19abcdefgh\x25abcd\x28\x05")
	f.Fuzz(func(t *testing.T, message string) {
		got, err := decodeResponse(framed(message))
		if err != nil {
			return
		}
		var want healthpb.HealthCheckResponse
		if err := proto.Unmarshal([]byte(message), &want); err != nil || int32(want.GetStatus()) != int32(got) {
			t.Fatalf("got %v, want %v and %v", got, want.GetStatus(), err)
		}
	})
}

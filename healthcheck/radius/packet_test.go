package radius

import (
	"encoding/hex"
	"testing"
)

// The examples are of RFC 2865, section 7.1.
const (
	exampleSecret  = "xyzzy5461"
	exampleRequest = "0f403f9473978057bd83d5cb98f4227a"
	exampleHidden  = "0dbe708d93d413ce3196e43f782a0aee"
	exampleAnswer  = "02000026" + "86fe220e7624ba2a1005f6bf9b55e0b2" + "060600000001" + "0f0600000000" + "0e06c0a80103"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestHide(t *testing.T) {
	if got := hex.EncodeToString(hide("arctangent", exampleSecret, [16]byte(unhex(t, exampleRequest)))); got != exampleHidden {
		t.Errorf("got %s, want %s", got, exampleHidden)
	}
	for length, want := range map[int]int{0: 16, 1: 16, 16: 16, 17: 32, 128: 128} {
		if got := len(hide(string(make([]byte, length)), "s", [16]byte{})); got != want {
			t.Errorf("%d bytes: got %d, want %d", length, got, want)
		}
	}
}

func TestGenuine(t *testing.T) {
	q := question{secret: exampleSecret, authenticator: [16]byte(unhex(t, exampleRequest))}
	packet := unhex(t, exampleAnswer)
	a, ok := parse(packet)
	if !ok || a.code != accessAccept || a.identifier != 0 || !a.genuine(q) {
		t.Errorf("got %+v %t, genuine %t", a, ok, a.genuine(q))
	}
	for i := range packet {
		packet[i] ^= 0x10
		if a, ok := parse(packet); ok && a.genuine(q) {
			t.Errorf("with a wrong byte %d it is genuine", i)
		}
		packet[i] ^= 0x10
		if _, ok := parse(packet[:i]); ok {
			t.Errorf("%d bytes are enough", i)
		}
	}
	q.secret = "other"
	if a.genuine(q) {
		t.Error("with another secret it is genuine")
	}
}

func FuzzRADIUS(f *testing.F) {
	f.Add(unhex(f, exampleAnswer))
	f.Add(append([]byte{3, 0, 0, 41, 17: 0, 18: 0, 19: 0, 20: 18, 21: 3, 22: 'x', 23: 80, 24: 18}, make([]byte, 16)...))
	q := question{secret: exampleSecret, authenticator: [16]byte(unhex(f, exampleRequest))}
	f.Fuzz(func(t *testing.T, datagram []byte) {
		a, ok := parse(datagram)
		if ok && a.genuine(q) && string(datagram[:len(a.packet)]) != string(unhex(t, exampleAnswer)) {
			t.Errorf("forged: %x", datagram)
		}
	})
}

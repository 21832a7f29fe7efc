package pgsql

import (
	"strings"
	"testing"
)

// TestScram is the example of RFC 7677, section 3.
func TestScram(t *testing.T) {
	s := &scram{password: "pencil", user: "user", nonce: "rOprNGfwEbeRWgbNEkqO"}
	if got := s.first(); got != "n,,n=user,r=rOprNGfwEbeRWgbNEkqO" {
		t.Errorf("first: got %s", got)
	}
	const challenge = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
	got, err := s.proof(challenge)
	if want := "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="; got != want || err != nil {
		t.Errorf("proof: got %s %v, want %s", got, err, want)
	}
	if err := s.verify("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="); err != nil || !s.verified {
		t.Errorf("verify: %v", err)
	}
}

func TestScramRefuses(t *testing.T) {
	for challenge, want := range map[string]string{
		"":                           "malformed",
		"r=abcd,s=W22Z":              "malformed",
		"r=abc,s=W22Z,i=1":           "malformed", // nothing is the server's
		"r=xbcd,s=W22Z,i=1":          "malformed",
		"r=abcd,s=*,i=1":             "malformed",
		"r=abcd,s=W22Z,i=0":          "malformed",
		"m=x,r=abcd,s=W22Z,i=1":      "malformed", // an extension that must be known
		"r=abcd,s=W22Z,i=x":          "malformed",
		"r=abcd,s=W22Z,i=2000000000": "demands more than 262144 iterations",
	} {
		s := &scram{password: "x", nonce: "abc"}
		if _, err := s.proof(challenge); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", challenge, err, want)
		}
		if err := s.verify("v="); err == nil || s.verified {
			t.Errorf("%s: the server counts as verified", challenge)
		}
	}
}

func TestPrepare(t *testing.T) {
	for password, want := range map[string]string{ // RFC 4013, section 3
		"I\u00adX": "IX",
		"user":     "user",
		"USER":     "USER",
		"\u00aa":   "a",
		"\u2168":   "IX",
		"a\u00a0b": "a b",
	} {
		if got := prepare(password); got != want {
			t.Errorf("%q: got %q, want %q", password, got, want)
		}
	}
}

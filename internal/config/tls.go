package config

import (
	"crypto/tls"
	"path"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/ldirector/ldirector/healthcheck/probetls"
)

// sslBlock has the defaults of all probes that speak TLS.
func sslBlock() *block {
	return &block{name: "ssl", once: true, keeps: []string{"SSL"}, args: []argument{
		{name: "tls_verify", kind: kindBool, def: "true"},
		{name: "ca", kind: kindText, inherits: "the system's", form: `"/PATH"`, keeps: []string{"ca"}},
		{name: "certificate", kind: kindText, form: `"/PATH"`, keeps: []string{"certificate"}},
		{name: "key", kind: kindText, inherits: "in certificate", form: `"/PATH"`, keeps: []string{"key"}},
		{name: "password", kind: kindText, keeps: []string{"password"}},
		{name: "tls_min_version", kind: kindWord, def: `"1.2"`, words: tlsVersions()},
		{name: "expiry_warning", kind: kindDuration, def: `"0s"`, low: 0, high: int64(10 * 366 * 24 * time.Hour)},
	}}
}

const tlsTitle = "TLS words"

// tlsGroup are the arguments of probes that can speak TLS.
func tlsGroup() group {
	const from = "ssl's"
	return group{tlsTitle, []argument{
		{name: "tls_verify", kind: kindBool, inherits: from},
		{name: "ca", kind: kindText, inherits: from, form: `"/PATH"`, keeps: []string{"ca"}},
		{name: "certificate", kind: kindText, inherits: from, form: `"/PATH"`, keeps: []string{"certificate"}},
		{name: "key", kind: kindText, inherits: from, form: `"/PATH"`, keeps: []string{"key"}},
		{name: "key_password", kind: kindText, inherits: "ssl's password", keeps: []string{"password"}},
		{name: "tls_min_version", kind: kindWord, inherits: from, words: tlsVersions()},
		{name: "expiry_warning", kind: kindDuration, inherits: from, low: 0, high: int64(10 * 366 * 24 * time.Hour)},
		{name: "enable_sni", kind: kindBool, def: "true", keeps: []string{"enable_sni"}},
		{name: "sni_name", kind: kindText, keeps: []string{"sni_name"}},
	}}
}

func tlsVersions() []string { return []string{"1.0", "1.1", "1.2", "1.3"} }

// tlsArgument says that a probe speaks TLS from the beginning.
func tlsArgument() argument { return argument{name: "tls", kind: kindBool, def: "false"} }

// starttlsArgument says that it begins to in the course of the protocol.
func starttlsArgument() argument { return argument{name: "starttls", kind: kindBool, def: "false"} }

// decodeSSL reads the block ssl, b; without one the defaults hold.
func (l *loader) decodeSSL(b *hcl.Block) {
	c := l.openOrDefault(b, l.root.child("ssl"))
	l.ssl = c.tlsConfig(probetls.Config{}, "password")
}

// A security is how a probe speaks TLS.
type security struct {
	now, later bool // tls, starttls
	config     probetls.Config
}

// security reads the TLS words of a block, which speaks TLS if it says tls or
// starttls.
func (c *content) security() security {
	var s security
	s.now, _ = c.boolean("tls")
	if c.spec.byID["starttls"] != nil {
		s.later, _ = c.boolean("starttls")
	}
	switch {
	case s.now && s.later:
		c.contradict("starttls", "tls", "With tls the connection begins with TLS, with starttls it begins without. Remove one of them.")
	case s.now, s.later:
		s.config = c.tls()
	default:
		way := "tls = true"
		if c.spec.byID["starttls"] != nil {
			way += " or starttls = true"
		}
		for _, a := range c.spec.group(tlsTitle) {
			if c.given(a.name) && !c.isWrong("tls") && !c.isWrong("starttls") {
				c.bad(a.name, "Argument without effect", "%s is for TLS, which this probe does not speak. Add %s, or remove it.", a.name, way)
			}
		}
	}
	return s
}

// tls reads the TLS words of a probe that speaks it.
func (c *content) tls() probetls.Config {
	config := c.tlsConfig(c.l.ssl, "key_password")
	config.SNI, _ = c.boolean("enable_sni")
	config.ServerName, _ = c.text("sni_name")
	if c.given("sni_name") && !config.SNI && !config.Verify {
		c.bad("sni_name", "Argument without effect", "sni_name is neither sent, as enable_sni is false, nor compared, as tls_verify is false. Remove it, or one of these.")
	}
	return config
}

// tlsConfig reads the words that a probe and the block ssl have. password is
// what the block calls that of the key.
func (c *content) tlsConfig(base probetls.Config, password string) probetls.Config {
	config := base
	if c.has("tls_verify") {
		config.Verify, _ = c.boolean("tls_verify")
	}
	if c.given("ca") {
		config.CA = c.file("ca")
	}
	if c.given("certificate") { // its key is another one as well
		config.Certificate, config.Key, config.KeyPassword = c.file("certificate"), "", ""
	}
	for _, name := range []string{"key", password} {
		if c.given(name) && !c.given("certificate") && !c.isWrong("certificate") {
			c.bad(name, "Argument without effect", "%s belongs to a certificate, and there is none here. Add certificate, or remove it.", name)
		}
	}
	if c.given("key") {
		config.Key = c.file("key")
	}
	if c.given(password) {
		config.KeyPassword, _ = c.text(password)
	}
	if c.has("tls_min_version") {
		word, _ := c.text("tls_min_version")
		config.MinVersion = tlsVersion(word)
	}
	if c.has("expiry_warning") {
		config.ExpiryWarning, _ = c.duration("expiry_warning")
	}
	if !config.Verify {
		if c.given("ca") && !c.isWrong("ca") && !c.isWrong("tls_verify") {
			c.bad("ca", "Argument without effect", "Nothing is verified, as tls_verify is false here or in ssl. Remove ca, or say tls_verify = true.")
		}
		config.CA = "" // ssl's, for those that verify
	}
	return config
}

// has tells whether an argument is written or has a default.
func (c *content) has(name string) bool {
	return c.given(name) || c.spec.arg(name).def != ""
}

func tlsVersion(word string) uint16 {
	switch word {
	case "1.0":
		return tls.VersionTLS10
	case "1.1":
		return tls.VersionTLS11
	case "1.3":
		return tls.VersionTLS13
	default:
		return tls.VersionTLS12
	}
}

// file returns the value of an argument that names a file.
func (c *content) file(name string) string {
	text, ok := c.text(name)
	switch {
	case !ok:
	case text == "":
		c.bad(name, "Empty path", "%s names no file. Write its path, or leave it out.", name)
	case !path.IsAbs(text):
		c.bad(name, "Relative path", "%s is %q, which depends on the daemon's working directory. Write an absolute path.", name, text)
	default:
		return text
	}
	return ""
}

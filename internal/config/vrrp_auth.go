package config

import (
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/ldirector/ldirector/vrrp"
)

const (
	// maxPassword is the length of the password field.
	// https://www.rfc-editor.org/rfc/rfc2338#section-5.3.10
	maxPassword = 8
	// minKey and maxKey are the lengths of keys of auth_hmac.
	minKey, maxKey = 32, 64
)

// decodeAuthentication reads the block authentication. Messages never hold the
// password.
func (i *instance) decodeAuthentication() {
	b := i.c.one("authentication")
	if b == nil {
		return
	}
	c := i.c.l.open(b, i.c.spec.child("authentication"))
	if c.given("auth_type") && !c.isWrong("auth_type") && c.find("auth_type").value.AsString() == "AH" {
		c.bad("auth_type", "Unknown word", "auth_type AH is not supported: it protects nothing, and RFC 3768 removed it. Write \"PASS\" on all members, or remove the block.")
	}
	c.text("auth_type")
	switch {
	case i.c.isWrong("version"):
	case i.out.Version == 3:
		i.c.l.errorAt(c.at, "Contradictory arguments", "VRRP version 3 has no authentication. Remove the block, or use version = 2.")
	case i.strict:
		i.c.l.errorAt(c.at, "Contradictory arguments", "The standard that strict_mode (%s) asks for has no authentication. Remove the block, or strict_mode.", place(i.c.where("strict_mode")))
	}
	password, ok := c.text("auth_pass")
	switch {
	case !ok:
	case password == "":
		c.bad("auth_pass", "Empty password", "auth_pass is empty. Write 1 to 8 bytes, or remove the block.")
	case len(password) > maxPassword:
		// keepalived cuts it off: two different passwords may be equal then.
		c.bad("auth_pass", "Password too long", "auth_pass has %d bytes; VRRP has room for %d. Write the first %d only, which is what keepalived sends.", len(password), maxPassword, maxPassword)
	case strings.ContainsFunc(password, func(r rune) bool { return r > '~' }):
		c.bad("auth_pass", "Invalid password", "auth_pass holds characters other than ASCII, whose bytes depend on the program. Write letters, digits and signs only.")
	}
	i.out.Password = password
}

// decodeHMAC reads the block auth_hmac. Messages never hold a key.
func (i *instance) decodeHMAC() {
	b := i.c.one("auth_hmac")
	if b == nil {
		return
	}
	c := i.c.l.open(b, i.c.spec.child("auth_hmac"))
	if first := i.c.one("authentication"); first != nil {
		i.c.l.errorAt(c.at, "Contradictory arguments", "There is a block authentication, too (%s), and a packet has room for one of them. Remove the other.", place(first.DefRange))
	}
	h := &vrrp.HMAC{Keys: make(map[uint8][]byte), Window: c.seconds("time_window")}
	replay, _ := c.text("anti_replay")
	h.Monotonic = replay == "monotonic"
	if h.Monotonic && h.Window > 0 {
		c.contradict("time_window", "anti_replay", "Without a comparison of times there is no window. Remove it, or write anti_replay = \"time\".")
	}
	switch mode, _ := c.text("mode"); mode {
	case "permissive":
		h.Mode = vrrp.HMACPermissive
	case "receive-only":
		h.Mode = vrrp.HMACReceiveOnly
	}
	i.decodeKeys(c, h)
	i.out.HMAC = h
}

// decodeKeys reads the blocks key and active_key.
func (i *instance) decodeKeys(c *content, h *vrrp.HMAC) {
	ids := make(map[uint8]hcl.Range)
	for b := range c.all("key") {
		text, at := label(b)
		k := c.l.open(b, c.spec.child("key"))
		id, err := strconv.ParseUint(text, 10, 8)
		if err != nil {
			c.l.errorAt(at, "Invalid key number", "A key is told from others by a number, and %q is none. Write a label from \"0\" to \"255\", the same on all members.", text)
			continue
		}
		if first, dup := ids[uint8(id)]; dup {
			c.l.errorAt(at, "Duplicate key", "There is a key %d already, at %s. Change the number, or remove one of them.", id, place(first))
		}
		ids[uint8(id)] = at
		i.decodeKey(k, uint8(id), h)
	}
	switch active, ok := c.number("active_key"); {
	case len(ids) == 0 && c.complete:
		c.l.errorAt(c.at, "No key", "auth_hmac needs a key. Write for example key \"1\" { value = \"file:/etc/ldirector/vrrp.key\" }.")
	case ok:
		h.Active = uint8(active)
		if _, there := ids[h.Active]; !there && c.complete {
			c.bad("active_key", "Unknown key", "There is no key %d. Add key \"%d\", or name another one.", active, active)
		}
	case len(ids) > 1 && !c.isWrong("active_key"):
		c.l.errorAt(c.at, "Missing argument", "There are %d keys, and one of them has to be sent with. Write active_key = N.", len(ids))
	default:
		for id := range ids {
			h.Active = id
		}
	}
}

// decodeKey reads the value of a key. A file is read when the configuration is
// prepared: what a text means does not depend on the host.
func (i *instance) decodeKey(c *content, id uint8, h *vrrp.HMAC) {
	text, ok := c.text("value")
	if !ok {
		return
	}
	if file, ok := strings.CutPrefix(text, "file:"); ok {
		if !path.IsAbs(file) {
			c.bad("value", "Relative path", "The file depends on the daemon's working directory. Write an absolute path, such as \"file:/etc/ldirector/vrrp.key\".")
		}
		c.l.config.KeyFiles = append(c.l.config.KeyFiles, KeyFile{Instance: i.out.Name, ID: id, Path: file, At: c.where("value")})
		return
	}
	key, err := parseKey(text)
	if err != nil {
		c.bad("value", "Invalid key", "The key %s.", err)
		return
	}
	h.Keys[id] = key
}

// parseKey reads "hex:DIGITS" or the key itself. The error ends a sentence for
// users, and does not hold the key.
func parseKey(text string) ([]byte, error) {
	key := []byte(text)
	if digits, ok := strings.CutPrefix(text, "hex:"); ok {
		var err error
		if key, err = hex.DecodeString(digits); err != nil {
			return nil, errors.New("has to be pairs of hexadecimal digits behind \"hex:\"")
		}
	}
	if len(key) < minKey || len(key) > maxKey {
		return nil, fmt.Errorf("has %d bytes, and needs %d to %d. Make one with openssl rand -hex 32, and write hex: before it", len(key), minKey, maxKey)
	}
	return key, nil
}

// A KeyFile is a key of auth_hmac that stands in a file of its own.
type KeyFile struct {
	Instance string
	ID       uint8
	Path     string
	At       hcl.Range
}

// read returns the key. The error is a sentence for users.
func (f KeyFile) read() ([]byte, error) {
	text, err := os.ReadFile(f.Path)
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	return parseKey(strings.TrimRight(string(text), "\r\n"))
}

// readKeys puts the keys that stand in files into the instances, which are
// copied: they may be those of an earlier configuration as well.
func (cfg *Config) readKeys() hcl.Diagnostics {
	var diags hcl.Diagnostics
	if len(cfg.KeyFiles) > 0 {
		cfg.VRRP.Instances = slices.Clone(cfg.VRRP.Instances)
	}
	for _, f := range cfg.KeyFiles {
		key, err := f.read()
		if err != nil {
			diags = append(diags, &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "No key", Detail: fmt.Sprintf("The key in %s %s.", f.Path, err), Subject: &f.At})
			continue
		}
		for n := range cfg.VRRP.Instances {
			if i := &cfg.VRRP.Instances[n]; i.Name == f.Instance {
				hmac := *i.HMAC
				hmac.Keys = maps.Clone(hmac.Keys)
				hmac.Keys[f.ID] = key
				i.HMAC = &hmac
			}
		}
	}
	return diags
}

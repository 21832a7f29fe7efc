package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ldirector/ldirector/internal/alert"
)

// dumpAlerts writes who hears of events.
func dumpAlerts(b *strings.Builder, cfg alert.Config) {
	if cfg.Email != nil {
		fmt.Fprintf(b, "email%s\n", fields(*cfg.Email))
	}
	dumpEach(b, "webhook", cfg.Webhooks)
	dumpEach(b, "alert_command", cfg.Commands)
}

// TestSMTPAlertDefaults plays keepalived's: check_data.c and vrrp_data.c take the
// word of the object, then that of its kind, then smtp_alert, and else there is
// mail for real servers alone.
func TestSMTPAlertDefaults(t *testing.T) {
	tests := []struct {
		words             string
		vrrp, virtual, rs bool
	}{
		{"", false, false, true},
		{"smtp_alert = true", true, true, true},
		{"smtp_alert = false", false, false, false},
		{"smtp_alert_vrrp = true", true, false, true},
		{"smtp_alert_checker = true", false, true, true},
		{"smtp_alert_checker = false", false, false, false},
		{"smtp_alert = true\nsmtp_alert_vrrp = false", false, true, true},
		{"smtp_alert = false\nsmtp_alert_checker = true", false, true, true},
	}
	for _, tt := range tests {
		cfg, diags := loadText(t, nil, nil, "a.hcl", "global {\nemail {\nsmtp_server = \"a\"\nto = [\"a@b\"]\n"+tt.words+"\n}\n}\n")
		if len(diags) > 0 {
			t.Fatal(messages(t, cfg, diags))
		}
		got := cfg.Alerts.Email.Choice
		if got.VRRP != tt.vrrp || got.VirtualServers != tt.virtual || got.RealServers != tt.rs {
			t.Errorf("%q: %+v, want VRRP %t, virtual servers %t, real servers %t", tt.words, got, tt.vrrp, tt.virtual, tt.rs)
		}
	}
}

func TestPrepareLooksAtTheFilesOfAlerts(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good, empty := write("good", "secret\n"), write("empty", "\n")
	for _, tt := range []struct{ words, want string }{
		{`token = "file:` + good + `"`, ""},
		{`token = "file:` + empty + `"`, "is empty"},
		{`token = "file:/no/such/file"`, "no such file"},
		{`ca = "` + good + `"`, "holds no certificate"},
	} {
		cfg, diags := loadText(t, nil, nil, "a.hcl", "global {\nwebhook \"a\" {\nurl = \"http://a\"\n"+tt.words+"\n}\n}\n")
		if len(diags) > 0 {
			t.Fatal(messages(t, cfg, diags))
		}
		text := ""
		for _, d := range cfg.Prepare() {
			text += d.Detail
		}
		if !strings.Contains(text, tt.want) || tt.want == "" && text != "" {
			t.Errorf("%s: %q, want %q", tt.words, text, tt.want)
		}
	}
}

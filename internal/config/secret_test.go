package config

import (
	"bytes"
	"strings"
	"testing"
)

// TestPasswordsAreNeverShown makes all kinds of errors about and beside a
// password.
func TestPasswordsAreNeverShown(t *testing.T) {
	instance := func(pass, more string) string {
		return "vrrp_instance \"VI_1\" {\n  interface = \"eth0\"\n  virtual_router_id = 51\n  virtual_ipaddress = [\"192.0.2.10\"]\n" +
			"  authentication {\n    auth_type = \"PASS\"\n    auth_pass = " + pass + "\n  }\n" + more + "}\n"
	}
	key := func(value string) string {
		return "vrrp_instance \"VI_1\" {\n  interface = \"eth0\"\n  virtual_router_id = 51\n  virtual_ipaddress = [\"192.0.2.10\"]\n  auth_hmac {\n    key \"1\" { value = " + value + " }\n  }\n}\n"
	}
	for _, test := range []struct{ name, text string }{
		{"short key", key(`"hunter2"`)},
		{"hexadecimal key", key(`"hex:hunter2"`)},
		{"key from a variable", "variable \"pw\" { default = \"hunter2\" }\n" + key("tonumber(var.pw)")},
		{"relative key file", key(`"file:hunter2"`)},
		{"key with a syntax error", key(`"hunter2" "`)},
		{"key of a number that is none", strings.Replace(key(`"hunter2"`), `"1"`, `"x"`, 1)},
		{"dynamic key", "variable \"all\" { default = { \"1\" = \"hunter2\" } }\n" + strings.Replace(key(""), "    key \"1\" { value =  }\n",
			"    dynamic \"key\" {\n      for_each = var.all\n      content {\n        value = tonumber(key.value)\n      }\n    }\n", 1)},
		{"too long", instance(`"hunter2secret"`, "")},
		{"wrong type", instance(`["hunter2"]`, "")},
		{"error beside", instance(`"hunter2"`, "  priority = 0\n")},
		{"not ascii", instance(`"hunter2ü"`, "")},
		{"unknown word before", strings.Replace(instance(`"hunter2"`, ""), "auth_type", "auth_typ", 1)},
		{"function", instance(`tonumber("hunter2")`, "")},
		{"function on variable", "variable \"pw\" { default = \"hunter2\" }\n" + instance(`tonumber(var.pw)`, "")},
		{"variable", "variable \"pw\" { default = \"hunter2secret\" }\n" + instance(`var.pw`, "")},
		{"variable indexed", "variable \"pw\" { default = \"hunter2secret\" }\n" + instance(`var["pw"].x`, "")},
		{"unknown word in variable", "variable \"pw\" { default = \"hunter2secret\" \n typ = 1 \n}\n" + instance(`var.pw`, "")},
		{"one line variable with error", "variable \"pw\" { default = \"hunter2\" }\nvariable \"pw\" { default = \"hunter2\" }\n" + instance(`var.pw`, "")},
		{"local", "locals {\n  pw = \"hunter2secret\"\n  both = \"${local.pw}\"\n}\n" + instance(`local.both`, "")},
		{"local with function", "variable \"pw\" { default = \"hunter2\" }\nlocals { pw = tonumber(var.pw) }\n" + instance(`local.pw`, "")},
		{"wrong default", "variable \"pw\" { default = tonumber(\"hunter2\") }\n" + instance(`var.pw`, "")},
		{"used as number", "variable \"pw\" { default = \"hunter2\" }\n" + instance(`var.pw`, "  priority = var.pw\n")},
		{"dynamic", "variable \"all\" { default = { a = \"hunter2secret\" } }\n" +
			"dynamic \"vrrp_instance\" {\n  for_each = var.all\n  labels = [vrrp_instance.key]\n  content {\n    authentication {\n      auth_pass = vrrp_instance.value\n    }\n  }\n}\n"},
		{"heredoc", instance("<<E\nhunter2secret\nE\n", "")},
		{"syntax error in the line", instance(`"hunter2" "x"`, "")},
		{"unterminated", "vrrp_instance \"a\" {\n authentication {\n auth_pass = \"hunter2\n"},
		{"no equals sign", "vrrp_instance \"a\" {\n authentication {\n auth_pass \"hunter2\"\n"},
		{"syntax error in the variable", "variable \"pw\" {\n default = \"hunter2\" \"\n}\n" + instance(`var.pw`, "")},
		{"syntax error in the local", "locals {\n pw = \"hunter2\" \"\n}\n" + instance(`local.pw`, "")},
		{"too deep", "vrrp_instance \"a\" {\n auth_pass = \"hunter2\" " + strings.Repeat("(", 300)},
		{"one line", "vrrp_instance \"a\" {\n authentication { auth_pass = \"hunter2hunter2\" }\n}\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg, diags := loadText(t, nil, nil, "a.hcl", test.text)
			got := messages(t, cfg, diags)
			if !diags.HasErrors() {
				t.Error("no error to look at")
			}
			if strings.Contains(got, "hunter2") {
				t.Errorf("password shown:\n%s", got)
			}
			if strings.Contains(diags.Error(), "hunter2") {
				t.Errorf("password in %s", diags.Error())
			}
			for name, file := range cfg.Files {
				if bytes.Contains(file.Bytes, []byte("hunter2")) {
					t.Errorf("password in %s:\n%s", name, file.Bytes)
				}
			}
		})
	}
}

func TestPasswordFromOutsideIsNotShown(t *testing.T) {
	text := "variable \"pw\" { default = 1 }\nvrrp_instance \"a\" {\n authentication {\n auth_pass = var.pw\n}\n}\n"
	cfg, diags := loadText(t, map[string]string{"pw": "hunter2"}, []string{"LDIRECTOR_VAR_other=hunter2"}, "a.hcl", text)
	if got := messages(t, cfg, diags); strings.Contains(got, "hunter2") {
		t.Error(got)
	}
}

// TestOtherValuesAreShown: hiding must not take away what helps.
func TestOtherValuesAreShown(t *testing.T) {
	cfg, diags := loadText(t, nil, nil, "a.hcl", "variable \"pw\" { default = \"hunter2\" }\nvariable \"n\" { default = 300 }\n"+
		"vrrp_instance \"a\" {\n  priority = var.n\n  authentication {\n    auth_type = \"PASS\"\n    auth_pass = var.pw\n  }\n}\n")
	if got := messages(t, cfg, diags); !strings.Contains(got, "with var.n as 300") {
		t.Error(got)
	}
}

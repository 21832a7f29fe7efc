package config

import (
	"strings"
	"testing"
)

func TestVariableFromOutside(t *testing.T) {
	for _, test := range []struct {
		name       string
		definition string
		vars       map[string]string
		env        []string
		use        string
		want       string // router_id
	}{
		{"default", `default = "a"`, nil, nil, "${var.x}", "a"},
		{"option", `default = "a"`, map[string]string{"x": "b"}, nil, "${var.x}", "b"},
		{"environment", `default = "a"`, nil, []string{"LDIRECTOR_VAR_x=c", "x=d"}, "${var.x}", "c"},
		{"option wins", `default = "a"`, map[string]string{"x": "b"}, []string{"LDIRECTOR_VAR_x=c"}, "${var.x}", "b"},
		{"later environment wins", `default = "a"`, nil, []string{"LDIRECTOR_VAR_x=c", "LDIRECTOR_VAR_x=d"}, "${var.x}", "d"},
		{"value with equals sign", `default = "a"`, nil, []string{"LDIRECTOR_VAR_x=c=d"}, "${var.x}", "c=d"},
		{"without default", ``, map[string]string{"x": "b"}, nil, "${var.x}", "b"},
		{"number", `default = 1`, map[string]string{"x": "41"}, nil, "${var.x + 1}", "42"},
		{"bool", `default = false`, map[string]string{"x": "true"}, nil, "${var.x ? 1 : 2}", "1"},
		{"list", `default = ["a"]`, map[string]string{"x": `["b", "c"]`}, nil, "${join(\"-\", var.x)}", "b-c"},
		{"map", `default = {}`, map[string]string{"x": `{ k = "v" }`}, nil, "${var.x.k}", "v"},
		{"function in default", `default = upper("a")`, nil, nil, "${var.x}", "A"},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg, diags := loadText(t, test.vars, test.env, "a.hcl",
				"variable \"x\" {\n"+test.definition+"\n}\nglobal { router_id = \""+test.use+"\" }\n")
			if len(diags) > 0 {
				t.Fatal(messages(t, cfg, diags))
			}
			if cfg.Global.RouterID != test.want {
				t.Errorf("got %q, want %q", cfg.Global.RouterID, test.want)
			}
		})
	}
}

func TestVariableFromOutsideErrors(t *testing.T) {
	for _, test := range []struct {
		name       string
		definition string
		vars       map[string]string
		env        []string
		errors     bool
		want       string
	}{
		{"not a number", `variable "x" { default = 1 }`, map[string]string{"x": "many"}, nil, true, "The value that -var x gives to var.x cannot be read as number"},
		{"not a list", `variable "x" { default = [1] }`, nil, []string{"LDIRECTOR_VAR_x=1"}, true, "The value that LDIRECTOR_VAR_x gives to var.x cannot be read as tuple"},
		{"broken list", `variable "x" { default = [1] }`, map[string]string{"x": "[1"}, nil, true, "cannot be read as tuple"},
		{"list for a map", `variable "x" { default = {} }`, map[string]string{"x": "[1]"}, nil, true, "cannot be read as object"},
		{"deep list", `variable "x" { default = [1] }`, map[string]string{"x": strings.Repeat("[", 1000)}, nil, true, "cannot be read as tuple"},
		{"list with names", `variable "x" { default = [1] }`, map[string]string{"x": "[var.x]"}, nil, true, "cannot be read as tuple"},
		{"unknown option", `variable "vip" { default = 1 }`, map[string]string{"vpi": "2"}, nil, true, `-var vpi is set, but no variable "vpi" is defined. Did you mean "vip"?`},
		{"unknown option, nothing near", `variable "vip" { default = 1 }`, map[string]string{"address": "2"}, nil, true, `Defined are vip.`},
		{"unknown option, no variables", ``, map[string]string{"vip": "2"}, nil, true, `This configuration has no variables.`},
		{"unknown environment", `variable "vip" { default = 1 }`, nil, []string{"LDIRECTOR_VAR_vpi=2"}, false, `LDIRECTOR_VAR_vpi is set`},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg, diags := loadText(t, test.vars, test.env, "a.hcl", test.definition)
			got := strings.ReplaceAll(messages(t, cfg, diags), "\n", " ")
			if len(diags) != 1 || diags.HasErrors() != test.errors || !strings.Contains(got, test.want) {
				t.Errorf("got %s\nwant one message with %q", got, test.want)
			}
		})
	}
}

func TestSuggestTakesTheNearest(t *testing.T) {
	known := []string{"real_servers", "real_server", "weight"}
	for given, want := range map[string]string{"real_sever": "real_server", "wait": "", "wight": "weight", "": ""} {
		if got := suggest(given, known); got != want {
			t.Errorf("suggest(%q) = %q, want %q", given, got, want)
		}
	}
}

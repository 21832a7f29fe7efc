package config

import (
	"fmt"
	"strings"
	"testing"
)

func TestLocalsInAnyOrderAndFile(t *testing.T) {
	cfg, diags := loadText(t, nil, nil,
		"a.hcl", "locals {\n  c = \"${local.b}c\"\n  a = var.a\n}\nglobal { router_id = local[\"c\"] }\n",
		"b.hcl", "locals { b = \"${local.a}b\" }\nvariable \"a\" { default = \"a\" }\n")
	if len(diags) > 0 {
		t.Fatal(messages(t, cfg, diags))
	}
	if cfg.Global.RouterID != "abc" {
		t.Errorf("router_id %q", cfg.Global.RouterID)
	}
}

func TestAllLocalsOutsideLocals(t *testing.T) {
	cfg, diags := loadText(t, nil, nil, "a.hcl", "locals {\n  a = 1\n  b = 2\n}\nglobal { router_id = join(\"\", keys(local)) }\n")
	if len(diags) > 0 || cfg.Global.RouterID != "ab" {
		t.Errorf("%q %v", cfg.Global.RouterID, diags)
	}
}

// TestFollowingErrorsAreNotReported: one mistake, one message, though much
// depends on it.
func TestFollowingErrorsAreNotReported(t *testing.T) {
	cfg, diags := loadText(t, nil, nil, "a.hcl", `
variable "vip" {}
locals {
  base  = var.vip
  hosts = [local.base]
}
virtual_server "a" {
  address = "${local.base}:80"
  lb_algo = "rr"
  lb_kind = "DR"
  dynamic "real_server" {
    for_each = local.hosts
    labels   = [real_server.value]
    content { weight = real_server.value }
  }
}
dynamic "virtual_server" {
  for_each = var.vip
  labels   = ["x"]
  content {
    quorum  = 2
    address = virtual_server.value
    dynamic "real_server" {
      for_each = virtual_server.value
      labels   = [real_server.value]
      content {}
    }
  }
}
`)
	if got := messages(t, cfg, diags); len(diags) != 3 || strings.Count(got, "Variable without a value") != 1 || strings.Count(got, "Missing argument") != 2 {
		t.Error(got)
	}
}

func TestManyLocals(t *testing.T) {
	var b strings.Builder
	b.WriteString("locals {\n  n0 = \"x\"\n")
	for i := 1; i < 3000; i++ {
		fmt.Fprintf(&b, "  n%d = local.n%d\n", i, i-1)
	}
	b.WriteString("}\nglobal { router_id = local.n2999 }\n")
	cfg, diags := loadText(t, nil, nil, "a.hcl", b.String())
	if len(diags) > 0 || cfg.Global.RouterID != "x" {
		t.Errorf("%q %v", cfg.Global.RouterID, diags)
	}
}

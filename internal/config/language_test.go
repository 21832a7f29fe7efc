package config

import (
	"strings"
	"testing"
)

func TestLanguageKnows(t *testing.T) {
	language := NewLanguage()
	for path, want := range map[string]bool{
		"":                                         false,
		"virtual_server":                           true,
		"virtual_server lb_algo":                   true,
		"virtual_server real_server tcp_check":     true,
		"virtual_server real_server weight":        true,
		"virtual_server lb_algo weight":            false,
		"virtual_server real_server lb_algo":       false,
		"real_server":                              false,
		"virtual_server real_server TCP_CHECK":     false,
		"virtual_server real_server no_such_check": false,
	} {
		if got := language.Knows(strings.Fields(path)...); got != want {
			t.Errorf("Knows(%q) = %t, want %t", path, got, want)
		}
	}
}

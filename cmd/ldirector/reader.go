package main

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/ldirector/ldirector/internal/config"
)

// A reader reads configurations.
type reader struct{}

func (*reader) Load(path string, vars map[string]string, env []string) (*config.Config, hcl.Diagnostics) {
	return config.Load(path, vars, env)
}

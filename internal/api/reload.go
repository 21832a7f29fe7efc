package api

import "github.com/ldirector/ldirector/internal/plan"

// Reload is what a reload did. Its JSON form is stable, as that of [Status] is.
type Reload struct {
	Plan plan.Plan `json:"plan"` // what was different, and has been changed
	// Problems are what could not be done yet. It is tried again.
	Problems []string `json:"problems"`
	// Restart names arguments that were changed and act after a restart only.
	Restart []string `json:"restart"`
}

// A ConfigError says why a reload changed nothing: the text of every error in
// the configuration, with file, line and snippet.
type ConfigError struct{ Text string }

func (e *ConfigError) Error() string { return e.Text }

// A problem is the body of an answer that is no success.
type problem struct {
	Error string `json:"error"`
}

package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	if os.Getenv("PLAY_LDIRECTOR") != "" { // a test wants the program in a namespace
		main()
	}
	testscript.Main(m, map[string]func(){"ldirector": main})
}

// TestScripts plays the command line as a user types it.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata"})
}

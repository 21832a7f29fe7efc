package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/ldirector/ldirector/healthcheck"
)

const usage = `Usage: genhash [-S] -s ADDRESS -p PORT -u PATH [OPTIONS]

Print the MD5 digest of a page, as http_get and ssl_get compute it.

`

// options are what the command line says.
type options struct {
	target            healthcheck.Target
	path, virtualHost string
	protocol          string
	ssl, sni          bool
	verbose           bool
	timeout           time.Duration
}

// parse reads the command line. The help that it may ask for goes to stdout.
func parse(args []string, stdout io.Writer) (options, error) {
	var o options
	var server string
	var port uint16
	var mark uint32
	var seconds uint
	f := pflag.NewFlagSet("genhash", pflag.ContinueOnError)
	f.SetOutput(io.Discard) // run prints errors
	f.SortFlags = false
	f.BoolVarP(&o.ssl, "use-ssl", "S", false, "ask over TLS; no certificate is verified")
	f.BoolVarP(&o.sni, "use-sni", "I", false, "send the virtual host as the server name (SNI)")
	f.StringVarP(&server, "server", "s", "", "`address` of the server")
	f.Uint16VarP(&port, "port", "p", 0, "`port` of the server")
	f.StringVarP(&o.path, "url", "u", "", "`path` of the page")
	f.StringVarP(&o.virtualHost, "use-virtualhost", "V", "", "`name` for the Host header (default: address and port)")
	f.BoolVarP(&o.verbose, "verbose", "v", false, "print the answer too")
	f.Uint32VarP(&mark, "fwmark", "m", 0, "firewall `mark` of the packets")
	f.StringVarP(&o.protocol, "protocol", "P", "1.0", "`version` of HTTP: 1.0, 1.0C (1.0 with Connection: close) or 1.1")
	f.UintVarP(&seconds, "timeout", "t", 30, "give up after this many `seconds`")
	help := f.BoolP("help", "h", false, "print this help")
	f.SetNormalizeFunc(abbreviations)
	if err := f.Parse(args); err != nil {
		return options{}, err
	}
	if *help {
		_, err := io.WriteString(stdout, usage+f.FlagUsages())
		return options{}, errors.Join(pflag.ErrHelp, err)
	}
	o.timeout = time.Duration(seconds) * time.Second
	if o.protocol == "1.0c" {
		o.protocol = "1.0C"
	}
	switch {
	case f.NArg() > 0:
		return options{}, fmt.Errorf("%q is no option: try genhash --help", f.Arg(0))
	case server == "" || port == 0 || o.path == "":
		return options{}, errors.New("--server, --port and --url are needed: try genhash --help")
	case o.protocol == "2": // keepalived has no such version, and there is no header to print
		return options{}, errors.New("HTTP protocol 2: use ldirector genhash --protocol 2")
	}
	var err error
	o.target, err = target(server, port, mark)
	return o, err
}

// abbreviations lets the beginning of an option's name stand for it, if no
// other begins so.
func abbreviations(f *pflag.FlagSet, name string) pflag.NormalizedName {
	var found []string
	f.VisitAll(func(flag *pflag.Flag) {
		if flag.Name == name {
			found = []string{name, name} // all of it: no abbreviation
		} else if strings.HasPrefix(flag.Name, name) {
			found = append(found, flag.Name)
		}
	})
	if len(found) == 1 {
		name = found[0]
	}
	return pflag.NormalizedName(name)
}

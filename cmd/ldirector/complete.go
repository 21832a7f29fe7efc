package main

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ldirector/ldirector/internal/api"
	"github.com/ldirector/ldirector/internal/status"
)

// completeTimeout is how long a shell waits for names.
const completeTimeout = 2 * time.Second

// running asks the daemon for names to complete; without one there are none.
func (o *options) running(ctx context.Context) api.Status {
	ctx, cancel := context.WithTimeout(ctx, completeTimeout)
	defer cancel()
	st, err := api.NewClient(o.socketPath(nil)).Status(ctx)
	if err != nil {
		return api.Status{}
	}
	return st
}

// completeRealServer completes a virtual server, then one of its real servers.
func (o *options) completeRealServer(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var names []cobra.Completion
	switch st := o.running(cmd.Context()); len(args) {
	case 0:
		names = virtualServerNames(st)
	case 1:
		for _, v := range st.VirtualServers {
			if v.Name != args[0] {
				continue
			}
			for _, r := range v.RealServers {
				names = append(names, cobra.CompletionWithDesc(r.Address, fmt.Sprintf("%s, weight %d", r.State, r.Weight)))
			}
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completePlace completes a virtual server and one of its real servers, or the
// address of a machine alone.
func (o *options) completePlace(cmd *cobra.Command, args []string, text string) ([]cobra.Completion, cobra.ShellCompDirective) {
	names, directive := o.completeRealServer(cmd, args, text)
	if len(args) == 0 {
		names = append(names, machineNames(o.running(cmd.Context()))...)
	}
	return names, directive
}

// completeInstance completes a VRRP instance.
func (o *options) completeInstance(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return instanceNames(o.running(cmd.Context())), cobra.ShellCompDirectiveNoFileComp
}

// completeAny completes whatever has a name.
func (o *options) completeAny(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	st := o.running(cmd.Context())
	names := slices.Concat(virtualServerNames(st), instanceNames(st), machineNames(st))
	names = slices.DeleteFunc(names, func(name cobra.Completion) bool {
		return slices.ContainsFunc(args, func(arg string) bool { return name == arg || len(name) > len(arg) && name[:len(arg)+1] == arg+"\t" })
	})
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completeWords completes the value of a flag.
func completeWords(cmd *cobra.Command, flag string, words []string) {
	err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
	if err != nil {
		panic(err) // there is no such flag
	}
}

func virtualServerNames(st api.Status) (names []cobra.Completion) {
	for _, v := range st.VirtualServers {
		names = append(names, cobra.CompletionWithDesc(v.Name, fmt.Sprintf("%s %s, %s", v.Protocol, v.Address, status.Condition(v))))
	}
	return names
}

func instanceNames(st api.Status) (names []cobra.Completion) {
	for _, v := range st.VRRPInstances {
		names = append(names, cobra.CompletionWithDesc(v.Name, fmt.Sprintf("VRRP, %s", v.State)))
	}
	return names
}

// machineNames are the addresses of real servers without ports, each once.
func machineNames(st api.Status) (names []cobra.Completion) {
	in := make(map[string][]string)
	for _, v := range st.VirtualServers {
		for _, r := range v.RealServers {
			a, err := netip.ParseAddrPort(r.Address)
			if host := a.Addr().String(); err == nil && !slices.Contains(in[host], v.Name) {
				in[host] = append(in[host], v.Name)
			}
		}
	}
	for _, host := range slices.Sorted(maps.Keys(in)) {
		names = append(names, cobra.CompletionWithDesc(host, "everywhere: "+strings.Join(in[host], ", ")))
	}
	return names
}

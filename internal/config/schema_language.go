package config

// language returns the root of the configuration language: the blocks that
// stand at the top of a file.
func language() *block {
	probes := probeBlocks()
	root := &block{blocks: []*block{
		variableBlock(),
		{name: "locals"},
		globalBlock(),
		ipvsBlock(),
		vrrpInstanceBlock(),
		sslBlock(),
		trackFileBlock(),
		checkBlock(probes),
		poolBlock(probes),
		virtualServerBlock(probes),
	}}
	return root.complete()
}

func variableBlock() *block {
	return &block{name: "variable", label: "name", args: []argument{
		{name: "default", kind: kindAny},
		{name: "description", kind: kindText},
	}}
}

func globalBlock() *block {
	return &block{name: "global", once: true, keeps: []string{"global_defs"},
		args: []argument{
			{name: "router_id", kind: kindText, inherits: "the host's name", keeps: []string{"router_id"}},
			{name: "script_user", kind: kindText, inherits: "the daemon's own user", keeps: []string{"script_user"}},
		},
		blocks: []*block{
			{name: "log", once: true, args: []argument{
				{name: "level", kind: kindWord, def: `"info"`, words: []string{"debug", "info", "warn", "error"}},
				{name: "format", kind: kindWord, def: `"text"`, words: []string{"text", "json"}},
			}},
			{name: "api", once: true, args: []argument{
				{name: "listen", kind: kindText, def: `"unix:/run/ldirector/ldirector.sock"`, form: `"unix:/PATH"`},
			}},
		}}
}

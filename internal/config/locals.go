package config

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// addLocals evaluates the locals blocks and adds them to the scope. Locals may
// refer to each other in any order.
func (l *loader) addLocals(blocks []*hcl.Block) {
	defined := make(map[string]*hcl.Attribute)
	for _, b := range blocks {
		attrs, diags := b.Body.JustAttributes()
		l.diags = append(l.diags, diags...)
		for _, name := range slices.Sorted(maps.Keys(attrs)) {
			attr := attrs[name]
			if first, dup := defined[name]; dup {
				l.errorAt(attr.NameRange, "Local defined twice", "local.%s is already defined at %s. Remove or rename one of them.", name, place(first.Range))
				continue
			}
			defined[name] = attr
		}
	}

	e := localEvaluator{l: l, defined: defined, values: make(map[string]cty.Value)}
	l.addUndefined("local", e.values)
	for _, name := range slices.Sorted(maps.Keys(defined)) {
		e.visit(name)
	}
	l.scope.Variables["local"] = cty.ObjectVal(e.values)
}

// A localEvaluator evaluates locals depth first.
type localEvaluator struct {
	l       *loader
	defined map[string]*hcl.Attribute
	values  map[string]cty.Value // evaluated
	path    []string             // being evaluated, each needed by the one before
}

// visit evaluates one local, after those that it refers to.
func (e *localEvaluator) visit(name string) {
	attr, ok := e.defined[name]
	if _, done := e.values[name]; done || !ok {
		return // an undefined one is reported by HCL, where it is used
	}
	if i := slices.Index(e.path, name); i >= 0 {
		e.reportCycle(append(e.path[i:len(e.path):len(e.path)], name))
		return
	}
	e.path = append(e.path, name)
	needed := make(map[string]cty.Value)
	for r := range referencesOf(attr.Expr) {
		switch {
		case r.root != "local":
		case r.name == "": // all of them, so also this one
			e.l.errorAt(attr.Expr.Range(), "Reference to all locals", "local.%s refers to all locals and so to itself. Name those it needs, as local.NAME.", name)
			e.values[name] = cty.DynamicVal
		default:
			e.visit(r.name)
			if value, ok := e.values[r.name]; ok {
				needed[r.name] = value
			}
		}
	}
	e.path = e.path[:len(e.path)-1]
	if _, done := e.values[name]; done { // in a cycle, reported
		return
	}
	e.l.scope.Variables["local"] = cty.ObjectVal(needed)
	value, diags := attr.Expr.Value(e.l.scope)
	e.l.diags = append(e.l.diags, diags...)
	if diags.HasErrors() {
		value = cty.DynamicVal
	}
	e.values[name] = value
}

// reportCycle reports locals that need each other, once, and gives them
// unknown values.
func (e *localEvaluator) reportCycle(cycle []string) {
	names := make([]string, len(cycle))
	for i, name := range cycle {
		names[i] = "local." + name
		e.values[name] = cty.DynamicVal
	}
	e.l.errorAt(e.defined[cycle[0]].Range, "Locals refer to each other", "%s: none of them can be evaluated first. Break the circle.",
		strings.Join(names, " needs "))
}

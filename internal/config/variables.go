package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// envPrefix begins the names of environment variables that set a variable.
const envPrefix = "LDIRECTOR_VAR_"

// buildScope evaluates variables and locals, and makes them and the functions
// known to all expressions. A name whose value could not be found is there as
// an unknown value, so that its users do not report it again.
func (l *loader) buildScope(vars map[string]string, env []string) {
	l.scope = &hcl.EvalContext{Functions: functions()}

	var variables, locals []*hcl.Block
	for _, src := range l.sources {
		if src.broken || src.body == nil { // see addUndefined
			continue
		}
		got, _, diags := src.body.PartialContent(l.root.definitions())
		l.explain(l.root, diags)
		for _, b := range got.Blocks {
			if b.Type == "variable" {
				variables = append(variables, b)
			} else {
				locals = append(locals, b)
			}
		}
	}

	outside := outsideValues(vars, env)
	values := l.variables(variables, outside)
	l.reportUnused(values, outside)
	l.addUndefined("var", values)
	l.scope.Variables = map[string]cty.Value{"var": cty.ObjectVal(values)}
	l.addLocals(locals)
}

// An outsideValue is a variable's value from the command line or environment.
type outsideValue struct {
	text   string
	origin string // "-var vip" or "LDIRECTOR_VAR_vip"
	option bool   // from the command line
}

// outsideValues merges both origins; the command line wins.
func outsideValues(vars map[string]string, env []string) map[string]outsideValue {
	values := make(map[string]outsideValue)
	for _, entry := range env {
		key, text, _ := strings.Cut(entry, "=")
		if name, ours := strings.CutPrefix(key, envPrefix); ours {
			values[name] = outsideValue{text: text, origin: key}
		}
	}
	for name, text := range vars {
		values[name] = outsideValue{text: text, origin: "-var " + name, option: true}
	}
	return values
}

// variables evaluates the variable blocks.
func (l *loader) variables(blocks []*hcl.Block, outside map[string]outsideValue) map[string]cty.Value {
	values := make(map[string]cty.Value)
	seen := make(map[string]hcl.Range)
	for _, b := range blocks {
		name, at := label(b)
		if first, dup := seen[name]; dup {
			l.errorAt(at, "Variable defined twice", "The variable %q is already defined at %s. Remove or rename one of them.", name, place(first))
			continue
		}
		seen[name] = at
		values[name] = l.variable(b, outside)
	}
	return values
}

// variable evaluates one variable block; the result is unknown after an error.
func (l *loader) variable(b *hcl.Block, outside map[string]outsideValue) cty.Value {
	name, at := label(b)
	if !hclsyntax.ValidIdentifier(name) {
		l.errorAt(at, "Invalid name", "%q cannot be written as var.NAME. Use letters, digits, - and _, beginning with a letter.", name)
	}
	c := l.open(b, l.root.child("variable"))
	if c.find("default") != nil && !c.given("default") {
		if !c.isWrong("default") {
			l.errorAt(c.where("default"), "Null default", "The default of var.%s is null. Leave the default out if a value has to be given from outside.", name)
		}
		return cty.DynamicVal
	}
	value, given := outside[name]
	switch {
	case c.isWrong("default"):
		return cty.DynamicVal
	case given && c.given("default"):
		return l.convertOutside(at, name, value, c.find("default").value.Type())
	case given:
		return cty.StringVal(value.text)
	case c.given("default"):
		return c.find("default").value
	}
	about, _ := c.text("description")
	if about != "" {
		about = " (" + about + ")"
	}
	l.errorAt(at, "Variable without a value", "The variable %q%s has no default. Give it one, or set it with -var %s=VALUE or the environment variable %s%s.",
		name, about, name, envPrefix, name)
	return cty.DynamicVal
}

// convertOutside gives a text from outside the type of the variable's default.
// Lists and maps are written as in a file. The text is not part of messages,
// for it might be a password.
func (l *loader) convertOutside(at hcl.Range, name string, outside outsideValue, to cty.Type) cty.Value {
	value := cty.StringVal(outside.text)
	if to.IsTupleType() || to.IsObjectType() || to.IsCollectionType() {
		value = parseOutside(outside.text)
		if isList(value.Type()) == isList(to) && (value.Type().IsTupleType() || value.Type().IsObjectType()) {
			return value
		}
	} else if converted, err := convert.Convert(value, to); err == nil {
		return converted
	}
	l.errorAt(at, "Wrong type of variable", "The value that %s gives to var.%s cannot be read as %s, the type of the default. Write it as you would in a file.",
		outside.origin, name, to.FriendlyName())
	return cty.DynamicVal
}

// parseOutside evaluates text as an expression without variables and
// functions. The result is cty.DynamicVal if that is not possible.
func parseOutside(text string) cty.Value {
	if checkNesting("", []byte(text)) != nil {
		return cty.DynamicVal
	}
	expr, diags := hclsyntax.ParseExpression([]byte(text), "", hcl.InitialPos)
	if diags.HasErrors() {
		return cty.DynamicVal
	}
	value, diags := expr.Value(nil)
	if diags.HasErrors() || !value.IsWhollyKnown() || value.IsNull() {
		return cty.DynamicVal
	}
	return value
}

func isList(t cty.Type) bool {
	return t.IsTupleType() || t.IsListType() || t.IsSetType()
}

// reportUnused reports values from outside that no variable takes. The
// environment may be shared with other configurations: only a warning.
func (l *loader) reportUnused(values map[string]cty.Value, outside map[string]outsideValue) {
	if l.broken() {
		return // the variable may be in the part that could not be read
	}
	known := slices.Sorted(maps.Keys(values))
	for _, name := range slices.Sorted(maps.Keys(outside)) {
		if _, ok := values[name]; ok {
			continue
		}
		diag := &hcl.Diagnostic{
			Severity: hcl.DiagWarning,
			Summary:  "Unknown variable",
			Detail:   fmt.Sprintf("%s is set, but no variable %q is defined.", outside[name].origin, name),
		}
		if outside[name].option {
			diag.Severity = hcl.DiagError
		}
		if len(known) == 0 {
			diag.Detail += " This configuration has no variables."
		} else if similar := suggest(name, known); similar != "" {
			diag.Detail += fmt.Sprintf(" Did you mean %q?", similar)
		} else {
			diag.Detail += fmt.Sprintf(" Defined are %s.", strings.Join(known, ", "))
		}
		l.diags = append(l.diags, diag)
	}
}

// suggest returns the known word that given was probably meant to be, "" if
// none is near.
func suggest(given string, known []string) string {
	best, distance := "", 3 // HCL's threshold
	for _, word := range known {
		if d := levenshtein.Distance(given, word, nil); d < distance {
			best, distance = word, d
		}
	}
	return best
}

// addUndefined adds an unknown value for every name under root ("var" or
// "local") that is used but not defined, if the syntax of a file has errors:
// the definition may be in there.
func (l *loader) addUndefined(root string, values map[string]cty.Value) {
	if !l.broken() {
		return
	}
	for _, src := range l.sources {
		if src.body == nil {
			continue
		}
		eachReference(src.body, root, func(name string) {
			if _, ok := values[name]; !ok {
				values[name] = cty.DynamicVal
			}
		})
	}
}

package config

import (
	"bytes"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// secretArguments are the arguments whose values must not be shown to anybody.
// They may be written out or come from variables and locals, which then are
// secret as well.
func secretArguments() []string {
	return []string{"auth_pass", "basic_auth", "key_password", "passwd", "password", "secret", "token", "value"}
}

// secretWords are the names of secret arguments as texts have them. A value is
// looked for only beside auth_hmac, to which it belongs: it is too common a
// word.
func secretWords(text []byte) []string {
	words := secretArguments()
	if !bytes.Contains(text, []byte("auth_hmac")) {
		words = slices.DeleteFunc(words, func(name string) bool { return name == "value" })
	}
	return words
}

// hasSecret tells whether a text may hold one.
func hasSecret(text []byte) bool {
	return slices.ContainsFunc(secretWords(text), func(name string) bool { return bytes.Contains(text, []byte(name)) })
}

// findSecrets fills l.secrets with the names that end up in a password, and
// l.hidden with the places of passwords and of the definitions of those names.
func (l *loader) findSecrets() {
	l.secrets = make(map[string]bool)
	locals := l.localExpressions()
	for _, src := range l.sources {
		if !hasSecret(src.text) {
			continue
		}
		if src.broken {
			l.findSecretsInText(src.text, locals)
		}
		if src.body != nil {
			l.findSecretsInTree(src.body, locals)
		}
	}
	l.eachDefinition(func(r reference, expr hclsyntax.Expression) {
		if l.secrets[r.String()] {
			l.hidden = append(l.hidden, expr.Range())
		}
	})
}

func (l *loader) findSecretsInTree(body *hclsyntax.Body, locals map[string]hclsyntax.Expression) {
	walkAttributes(body, nil, func(attr *hclsyntax.Attribute, outer []*hclsyntax.Body) {
		if !slices.Contains(secretArguments(), attr.Name) {
			return
		}
		l.hidden = append(l.hidden, attr.Expr.Range())
		l.markSecret(attr.Expr, locals)
		for _, body := range outer { // an iterator of a dynamic block around it
			if forEach := body.Attributes["for_each"]; forEach != nil {
				l.markSecret(forEach.Expr, locals)
			}
		}
	})
}

// markSecret marks what expr refers to, also through locals.
func (l *loader) markSecret(expr hcl.Expression, locals map[string]hclsyntax.Expression) {
	for r := range referencesOf(expr) {
		l.markReference(r, locals)
	}
}

func (l *loader) markReference(r reference, locals map[string]hclsyntax.Expression) {
	if l.secrets[r.String()] || r.root != "var" && r.root != "local" {
		return
	}
	l.secrets[r.String()] = true
	if definition := locals[r.name]; r.root == "local" && definition != nil {
		l.markSecret(definition, locals)
	}
}

// localExpressions returns the definitions of locals by name.
func (l *loader) localExpressions() map[string]hclsyntax.Expression {
	definitions := make(map[string]hclsyntax.Expression)
	l.eachDefinition(func(r reference, expr hclsyntax.Expression) {
		if r.root == "local" {
			definitions[r.name] = expr
		}
	})
	return definitions
}

// eachDefinition calls visit for the value of each variable and local.
func (l *loader) eachDefinition(visit func(reference, hclsyntax.Expression)) {
	for _, src := range l.sources {
		if src.body == nil {
			continue
		}
		for _, b := range src.body.Blocks {
			switch {
			case b.Type == "locals":
				for _, attr := range b.Body.Attributes {
					visit(reference{"local", attr.Name}, attr.Expr)
				}
			case b.Type == "variable" && len(b.Labels) == 1:
				for _, attr := range b.Body.Attributes {
					visit(reference{"var", b.Labels[0]}, attr.Expr)
				}
			}
		}
	}
}

// hideSecrets takes the values out of a diagnostic about an expression that
// refers to a secret: HCL's writer shows the values of all variables, and a
// function's error may quote its argument.
func (l *loader) hideSecrets(diag *hcl.Diagnostic) {
	if diag.Expression == nil {
		return
	}
	secret := false
	for r := range referencesOf(diag.Expression) {
		secret = secret || l.secrets[r.String()]
	}
	if !secret && !slices.ContainsFunc(l.hidden, func(r hcl.Range) bool { return diag.Subject != nil && r.Overlaps(*diag.Subject) }) {
		return
	}
	diag.Expression, diag.EvalContext = nil, nil
	if _, ok := hcl.DiagnosticExtra[hclsyntax.FunctionCallDiagExtra](diag); ok {
		diag.Detail = "The reason is not shown, as it could show a password. Try the function with another value."
	}
}

// isString tells whether v is a known string.
func isString(v cty.Value) bool {
	return v.Type() == cty.String && v.IsKnown() && !v.IsNull()
}

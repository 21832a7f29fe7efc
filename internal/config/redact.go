package config

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// redactedFiles returns the files as messages may quote them: with asterisks
// for everything secret. Without any message there are none.
func (l *loader) redactedFiles(diags hcl.Diagnostics) map[string]*hcl.File {
	if len(diags) == 0 {
		return nil
	}
	files := make(map[string]*hcl.File, len(l.sources))
	for _, src := range l.sources {
		files[src.name] = &hcl.File{Bytes: src.text}
	}
	for _, diag := range diags {
		if diag.Subject == nil {
			continue
		}
		// Nav tells the writer which block a place is in.
		if file := files[diag.Subject.Filename]; file != nil && file.Nav == nil && checkNesting("", file.Bytes) == nil {
			parsed, _ := hclsyntax.ParseConfig(file.Bytes, diag.Subject.Filename, hcl.InitialPos)
			file.Body, file.Nav = parsed.Body, parsed.Nav
		}
	}

	copied := make(map[string]bool)
	mask := func(name string, from, to int) {
		file := files[name]
		if !copied[name] {
			copied[name] = true
			file.Bytes = bytes.Clone(file.Bytes)
		}
		for i := from; i < to; i++ {
			if file.Bytes[i] != '\n' {
				file.Bytes[i] = '*'
			}
		}
	}
	for _, r := range l.hidden {
		mask(r.Filename, r.Start.Byte, r.End.Byte)
	}
	for _, src := range l.sources {
		if !src.broken {
			continue
		}
		for _, pattern := range l.secretPatterns(src.text) {
			for _, m := range pattern.FindAllSubmatchIndex(src.text, -1) {
				mask(src.name, m[2], m[3])
			}
		}
	}
	return files
}

// secretPatterns match, in their first group, what may be secret in a file
// whose syntax has errors, so that its tree may lack it. They rather match too
// much: only syntax errors are reported for such a file.
func (l *loader) secretPatterns(text []byte) []*regexp.Regexp {
	patterns := []*regexp.Regexp{regexp.MustCompile(secretPattern(text) + `\s*[=:]?([^\n]*)`)}
	for secret := range l.secrets {
		root, name, _ := strings.Cut(secret, ".")
		name = regexp.QuoteMeta(name)
		if root == "var" {
			patterns = append(patterns, regexp.MustCompile(`variable\s+"?`+name+`"?\s*\{([^}]*)`))
		} else {
			patterns = append(patterns, regexp.MustCompile(`\b`+name+`\s*=([^\n]*)`))
		}
	}
	return patterns
}

// secretPattern matches the name of an argument in a text that is secret.
func secretPattern(text []byte) string { return "(?:" + strings.Join(secretWords(text), "|") + ")" }

// findSecretsInText does what findSecrets does for a file whose tree may lack
// the password.
func (l *loader) findSecretsInText(text []byte, locals map[string]hclsyntax.Expression) {
	line := regexp.MustCompile(secretPattern(text) + `[^\n]*`)
	name := regexp.MustCompile(`\b(var|local)\.([\pL_][\pL\pN_-]*)`)
	for _, found := range line.FindAll(text, -1) {
		for _, m := range name.FindAllSubmatch(found, -1) {
			l.markReference(reference{root: string(m[1]), name: string(m[2])}, locals)
		}
	}
}

// Package config reads ldirector's configuration language, HCL 2 with
// keepalived's vocabulary, and turns it into the values that the daemon's
// parts take: [director.Config], [vrrp.Config] and [netif.Address].
//
// The path is like this:
//
//	files ── source.go ──→ syntax trees ── variables.go, locals.go ──→ scope
//	syntax trees + scope ── block.go, value.go ──→ checked arguments
//	arguments ── global.go, virtualserver.go, vrrp.go … ──→ Config
//
// What words exist, their defaults, limits and keepalived's names for them is
// said once, in the tables of schema_*.go; docs/configuration.md is compared
// with them by a test.
//
// The language is strict where keepalived is lenient: an unknown word, a
// missing or contradictory one, a duplicate or an unreachable value is an
// error with its place and a way out, never a silent default. Load reports all
// errors of all files at once. It looks at the text, the given variables and
// nothing else, so the same text has the same answer on every machine.
package config

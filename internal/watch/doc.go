// Package watch is the live view of "ldirector status --watch".
//
// All is decided in a model without side effects: messages change it, and it
// draws itself as lines of text. What it wants of the director, it hands out as
// jobs, whose results come back as messages.
//
//	terminal ── keys, sizes ──▶ ┌───────┐ ── lines ──▶ terminal
//	event stream ── events ───▶ │ model │
//	            ┌── answers ──▶ └───────┘ ── jobs ──┐
//	            └──────── director (unix socket) ◀──┘
//
// https://pkg.go.dev/charm.land/bubbletea/v2 moves the messages, and writes to
// the terminal what has changed of the lines.
package watch

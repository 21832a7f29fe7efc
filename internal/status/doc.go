// Package status says in words how a director is: what "ldirector status"
// prints, and the words and numbers that "ldirector status --watch" draws.
//
// What comes from back-ends, a greeting or the output of a program, is in these
// words. [Clean] makes it harmless to a terminal.
package status

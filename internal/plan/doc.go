// Package plan says in the words of the configuration what has to change on a
// host so that it does what a configuration wants: for people, and as JSON for
// programs.
package plan

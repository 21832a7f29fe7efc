// Package ldirectord imports the configuration of ldirectord, ldirectord.cf(5).
//
// The grammar and the defaults are those of the program, not of its manual,
// where the two differ. What ldirectord reads in another way than its author
// will have meant is read in the program's way and reported, so that the
// kernel's table stays what it was.
package ldirectord

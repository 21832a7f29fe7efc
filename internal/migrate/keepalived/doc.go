// Package keepalived translates keepalived.conf into ldirector's language.
//
// It follows the programs' behaviour, keepalived 2.4 in particular, and not its
// manual where the two differ. The work is done in three steps:
//
//	reader   files → lines: includes, conditions, definitions, ~SEQ, comments
//	parser   lines → tree of statements: blocks, lists, repaired braces
//	mapping  tree → migrate.Document, by one table of keywords for each block
package keepalived

// Package migrate holds what importers of other programs' configurations have
// in common: a [Document] in the configuration language, and a [Report] of all
// that an administrator has to know about the translation.
//
// An importer says everything in the words of the full language, also in those
// that this version does not have yet. [Document.Fit] then turns the unknown
// parts into comments in their place and reports each.
package migrate

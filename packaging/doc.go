// Package packaging has what makes packages of the program ("make package"), and
// tests it.
package packaging

package migrate

import "errors"

// ErrNotImported is the error of an import whose report has errors.
var ErrNotImported = errors.New("not imported")

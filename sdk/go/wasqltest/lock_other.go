//go:build !unix

package wasqltest

import (
	"errors"
	"os"
)

func lock(*os.File) error { return errors.ErrUnsupported }

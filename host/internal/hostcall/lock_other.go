//go:build !unix

package hostcall

import (
	"errors"
	"os"
)

func lockFile(*os.File) (bool, error) { return false, errors.ErrUnsupported }

//go:build !unix

package decision

import (
	"errors"
	"os"
)

func take(*os.File) (bool, error) { return false, errors.ErrUnsupported }

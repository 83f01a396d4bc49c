package backend

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

func reserve(bytes uint64) ([]byte, error) {
	base, err := windows.VirtualAlloc(0, uintptr(bytes), windows.MEM_RESERVE, windows.PAGE_NOACCESS)
	if err != nil {
		return nil, err
	}
	// The system reserved exactly this range; Region never looks behind what commit opened.
	return unsafe.Slice((*byte)(*(*unsafe.Pointer)(unsafe.Pointer(&base))), bytes), nil
}

func commit(reserved []byte, from, to uint64) error {
	start := uintptr(unsafe.Pointer(unsafe.SliceData(reserved[from:to])))
	_, err := windows.VirtualAlloc(start, uintptr(to-from), windows.MEM_COMMIT, windows.PAGE_READWRITE)
	return err
}

func unreserve(reserved []byte) error {
	return windows.VirtualFree(uintptr(unsafe.Pointer(unsafe.SliceData(reserved))), 0, windows.MEM_RELEASE)
}

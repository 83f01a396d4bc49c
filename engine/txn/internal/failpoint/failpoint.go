// Package failpoint lets tests end the process, or fail, between the steps of a commit.
package failpoint

import "sync/atomic"

// hook hears of every step; nil outside of tests.
var hook atomic.Pointer[func(step string)]

// At tells that a step is about to be made.
func At(step string) {
	if f := hook.Load(); f != nil {
		(*f)(step)
	}
}

// Inject has f hear of every step of all coordinators of the process; nil ends that.
func Inject(f func(step string)) {
	if f == nil {
		hook.Store(nil)
		return
	}
	hook.Store(&f)
}

package storetest

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// same returns an error if two values differ. Empty and nil are the same, and
// times are compared as instants.
func same(what string, got, want any) error {
	options := cmp.Options{
		cmpopts.EquateEmpty(),
		cmp.Exporter(func(reflect.Type) bool { return true }), // enumerations hide their name
	}
	if diff := cmp.Diff(want, got, options); diff != "" {
		return fmt.Errorf("%s (- wanted, + got):\n%s", what, diff)
	}
	return nil
}

// fails returns an error unless err is the wanted one.
func fails(what string, err, wanted error) error {
	if !errors.Is(err, wanted) {
		return fmt.Errorf("%s: got the error %v, wanted %v", what, err, wanted)
	}
	return nil
}

// holds returns an error unless what must be true is.
func holds(ok bool, format string, args ...any) error {
	if ok {
		return nil
	}
	return fmt.Errorf(format, args...)
}

package main

import (
	goflag "flag" // a flag is something else here
	"os"
	"testing"

	"go.uber.org/goleak"
)

// asProgram is the variable that makes the test binary the program itself: the
// processes that tests start are then what was built and, with -race, watched
// like everything else. It has not the prefix of ours, which would be warned of.
const asProgram = "TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main() // which exits
	}
	// Tests wait for processes, read models and timeouts more than they compute.
	// This is a default: a -parallel on the command line wins.
	if err := goflag.Set("test.parallel", "4"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

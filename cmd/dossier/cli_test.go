package main

import (
	"context"
	"testing"
)

// outcome is what became of a command line.
type outcome struct {
	code     int
	out, err string
}

// carryOut carries out a command line in this process.
func carryOut(t *testing.T, databaseURL string, args ...string) outcome {
	t.Helper()
	return commandIn(bounded(t), environment(databaseURL).Variables, args...)
}

// commandIn is carryOut in an environment of the caller's.
func commandIn(ctx context.Context, variables []string, args ...string) outcome {
	var out, err recording
	c := console{out: &out, err: &err, env: environment("")}
	c.env.Variables = variables
	code := run(ctx, args, c)
	return outcome{code, out.String(), err.String()}
}

// must is carryOut for one that must succeed; it returns the output.
func must(t *testing.T, databaseURL string, args ...string) string {
	t.Helper()
	o := carryOut(t, databaseURL, args...)
	if o.code != exitFine {
		t.Fatalf("%v: exit code %d: %s", args, o.code, o.err)
	}
	return o.out
}

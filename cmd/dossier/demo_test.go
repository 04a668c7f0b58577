package main

import (
	"context"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// twentyEvents matches when the demo has told of so many.
var twentyEvents = regexp.MustCompile(`(?m)^ +20  `)

func TestTheDemoShowsSessionsAndLeavesNothingBehind(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	ctx, interrupt := context.WithCancel(bounded(t))
	defer interrupt()
	var out, err recording
	ended := make(chan int, 1)
	go func() {
		c := console{out: &out, err: &err, env: environment("")}
		c.env.Variables = nil
		ended <- run(ctx, []string{"demo", "--listen=127.0.0.1:0", "--rate=100"}, c)
	}()
	if out.await(bounded(t), twentyEvents, nil) == nil {
		t.Errorf("no sessions move: %s %s", out.String(), err.String())
	}
	checkTour(t, out.String())
	interrupt()
	equal(t, "exit code", <-ended, exitFine)
	left, readErr := os.ReadDir(temp)
	if readErr != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, readErr)
	}
	if strings.Contains(err.String(), `"ERROR"`) {
		t.Errorf("log: %s", err.String())
	}
}

// checkTour tries the commands that the demo shows.
func checkTour(t *testing.T, shown string) {
	t.Helper()
	token := regexp.MustCompile(`export TOKEN=(\S+)`).FindStringSubmatch(shown)
	urls := regexp.MustCompile(`"(http://[^/]+)(/v1/\S+)"`).FindAllStringSubmatch(shown, -1)
	if token == nil || len(urls) < 3 {
		t.Fatalf("the demo shows no tour: %s", shown)
	}
	for _, u := range urls {
		equal(t, u[2], newClient(t, u[1], token[1]).get(u[2]).status, 200)
	}
}

func TestNoCommandIsAnError(t *testing.T) {
	var codes []int
	for _, args := range [][]string{{}, {"nonsense"}, {"serve", "--nonsense"}, {"serve", "more"}, {"--help"}, {"serve", "--help"}} {
		codes = append(codes, commandIn(bounded(t), nil, args...).code)
	}
	want := []int{exitFailure, exitFailure, exitFailure, exitFailure, exitFine, exitFine}
	if diff := cmp.Diff(want, codes); diff != "" {
		t.Errorf("exit codes (-want +got):\n%s", diff)
	}
}

package eventlog_test

import (
	"testing"

	"dossier/application/eventlog"
)

func closed(signal <-chan struct{}) bool {
	select {
	case <-signal:
		return true
	default:
		return false
	}
}

func TestABroadcastWakesWhoAskedBefore(t *testing.T) {
	var b eventlog.Broadcast
	b.Notify() // nobody asked
	one, two := b.Changed(), b.Changed()
	if closed(one) || closed(two) {
		t.Fatal("woken by what happened before")
	}
	b.Notify()
	if !closed(one) || !closed(two) {
		t.Error("not all were woken")
	}
	if closed(b.Changed()) {
		t.Error("woken by what happened before")
	}
}

package fakesynaps_test

import (
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"dossier/adapters/fakesynaps"
)

// passing is a provider whose clock passes a second with each webhook, after it.
func passing(t *testing.T, sessions int) (*fakesynaps.Provider, *clock) {
	c := &clock{at: time.Unix(1_000, 0)}
	p := newProvider(t, fakesynaps.Config{Seed: 3, Sessions: sessions, Concurrency: 1, Lag: time.Nanosecond, Now: c.now},
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c.pass(time.Second)
			accepting(w, r)
		}))
	live(t, p)
	return p, c
}

func TestTheHistoryEndsWithTheTruth(t *testing.T) {
	p, _ := passing(t, 20)
	turns := 0
	for _, s := range p.Truth() {
		history := p.History()[s.ID]
		for i := 1; i < len(history); i++ {
			if !history[i].At.After(history[i-1].At) {
				t.Errorf("session %d: turn %d is not after the one before", s.Number, i)
			}
		}
		turns += len(history)
		if last := history[len(history)-1].Session; !reflect.DeepEqual(last, s) {
			t.Errorf("session %d ends as %+v, want %+v", s.Number, last, s)
		}
	}
	if turns < 40 {
		t.Errorf("%d turns show too little", turns)
	}
}

func TestAnAPIThatFallsBehindTakesBackWhatItHasShown(t *testing.T) {
	p, c := passing(t, 1)
	s := p.Truth()[0]
	history := p.History()[s.ID]
	before := history[len(history)-2]
	shows := func(s fakesynaps.Session) bool {
		return strings.Contains(get(p, path(s)).Body.String(), `"status":"`+s.Status.String()+`","steps"`)
	}
	if before.Session.Status == s.Status || !shows(s) {
		t.Fatalf("the session is %s and was %s", s.Status, before.Session.Status)
	}
	p.FallBehind(c.now().Sub(before.At))
	if !shows(before.Session) {
		t.Error("it still shows what it is not to know yet")
	}
	p.FallBehind(c.now().Sub(history[0].At) + time.Second)
	if w := get(p, path(s)); w.Code != http.StatusNotFound {
		t.Errorf("%d for a session that it is not to know yet", w.Code)
	}
	p.FallBehind(0)
	if !shows(s) {
		t.Error("it does not come back")
	}
}

package recent_test

import (
	"testing"

	"dossier/application/recent"
)

func TestKeepsTheLastEntriesAndForgetsOlderOnes(t *testing.T) {
	c := recent.Cache[int, string]{Size: 10}
	for i := range 100 {
		c.Put(i, "v")
	}
	kept := 0
	for i := range 100 {
		_, ok := c.Get(i)
		if ok {
			kept++
		}
		if i >= 90 && !ok {
			t.Errorf("entry %d of the last ten is gone", i)
		}
	}
	if kept > 20 {
		t.Errorf("%d entries are kept, the bound is 20", kept)
	}
}

func TestTheLastValueOfAKeyCounts(t *testing.T) {
	c := recent.Cache[string, int]{Size: 1}
	c.Put("a", 1)
	c.Put("b", 2) // moves a to the older generation
	c.Put("a", 3)
	if v, ok := c.Get("a"); !ok || v != 3 {
		t.Errorf("got %d, %t, want 3", v, ok)
	}
}

func TestClearForgetsAll(t *testing.T) {
	c := recent.Cache[string, int]{Size: 1}
	c.Put("a", 1)
	c.Put("b", 2)
	c.Clear()
	for _, key := range []string{"a", "b"} {
		if _, ok := c.Get(key); ok {
			t.Errorf("%s is still there", key)
		}
	}
}

package sqlite

import (
	"context"
	"os"
	"path/filepath"
	"testing"
)

// A write is told at once and looked at again, because what was written can be
// read a little later.
func TestAWriteIsToldMoreThanOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a#b.db")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	told, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- waker{path}.Listen(ctx, func() {
			select {
			case told <- struct{}{}:
			case <-ctx.Done():
			}
		})
	}()
	const looks = 10 // at the beginning, and the same after each write
	for range looks {
		<-told
	}
	for range 3 { // the file is made, and written to again
		if err := os.WriteFile(path+"-wal", []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		for range looks {
			<-told
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestAFolderThatIsGoneCantBeWatched(t *testing.T) {
	missing := waker{filepath.Join(t.TempDir(), "missing", "a.db")}
	if err := missing.Listen(t.Context(), func() {}); err == nil {
		t.Error("a folder that is missing is watched")
	}
}

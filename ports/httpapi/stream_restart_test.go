package httpapi_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dossier/adapters/sqlite"
	"dossier/adapters/sqlstore"
	"dossier/application/eventlog"
	"dossier/application/query"
	"dossier/domain/kyc"
	"dossier/ports/httpapi"
)

// started is one life of a server over a database.
type started struct {
	store  *sqlstore.Store
	server *httptest.Server
	end    func()
}

type noMeter struct{}

func (noMeter) Batch(int, int, time.Duration, time.Duration) {}
func (noMeter) Queued(int)                                   {}

func start(t testing.TB, path string) *started {
	t.Helper()
	logger := slog.New(slog.DiscardHandler)
	store, err := sqlite.Open(context.Background(), path, sqlstore.Config{Logger: logger, Meter: noMeter{}, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- store.Run(ctx) }()
	closing, shut := context.WithCancel(context.Background())
	api := newService(t, func(c *httpapi.Config) {
		c.Reads = query.New(query.Sources{Models: store, Log: store, Grown: store, Advanced: &eventlog.Broadcast{}})
		c.Live.Closing, c.Logger = closing.Done(), logger
	})
	server := httptest.NewUnstartedServer(api)
	server.Config.RegisterOnShutdown(shut)
	server.Start()
	return &started{store, server, func() {
		if err := server.Config.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		server.Close()
		stop()
		if err := <-ran; err != nil {
			t.Error(err)
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}}
}

func database(t testing.TB) string {
	path := filepath.Join(t.TempDir(), "dossier.db")
	if _, err := sqlite.Migrate(context.Background(), path); err != nil {
		t.Fatal(err)
	}
	return path
}

// add appends n events, each to a session of its own.
func (s *started) add(t testing.TB, n int) {
	t.Helper()
	for i := range n {
		at := eventlog.Stream{App: "default", Session: kyc.SessionID(fmt.Sprintf("s%d-%d", time.Now().UnixNano(), i))}
		_, err := s.store.Append(context.Background(), eventlog.Request{Stream: at, Decide: func(eventlog.Head) ([]kyc.Event, error) {
			return []kyc.Event{pending("1")}, nil
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// collect reads the ids of events until there are so many, or the stream ends.
// It calls began when the stream has begun.
func (s *started) collect(t testing.TB, lastID string, until int, began func()) (ids []string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.server.URL+"/v1/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer reader")
	r.Header.Set("Accept", "text/event-stream")
	r.Header.Set("Last-Event-ID", lastID)
	answer, err := s.server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	began()
	lines, id := bufio.NewScanner(answer.Body), ""
	lines.Buffer(nil, 1<<20)
	for len(ids) < until && lines.Scan() {
		switch line := lines.Text(); {
		case strings.HasPrefix(line, "id: "):
			id = strings.TrimPrefix(line, "id: ")
		case strings.HasPrefix(line, "data: "):
			ids = append(ids, id)
		}
	}
	return ids
}

func TestAStreamHasNoGapAndNoRepeatOverRestarts(t *testing.T) {
	const lives, each, before = 3, 100, 20
	path := database(t)
	var all []string
	for range lives {
		s := start(t, path)
		s.add(t, before) // while nobody listens
		last := ""
		if len(all) > 0 {
			last = all[len(all)-1]
		}
		heard, began := make(chan []string), make(chan struct{})
		go func() { heard <- s.collect(t, last, lives*(each+before), func() { close(began) }) }()
		<-began
		s.add(t, each)
		ended := make(chan struct{})
		go func() { // it may end the stream anywhere
			defer close(ended)
			s.end()
		}()
		all = append(all, <-heard...)
		<-ended
	}
	s := start(t, path)
	defer s.end()
	last := ""
	if len(all) > 0 {
		last = all[len(all)-1]
	}
	all = append(all, s.collect(t, last, lives*(each+before)-len(all), func() {})...)
	if len(all) != lives*(each+before) {
		t.Fatalf("%d events of %d", len(all), lives*(each+before))
	}
	for i, id := range all {
		if id != fmt.Sprint(i+1) {
			t.Fatalf("event %d has the id %s", i+1, id)
		}
	}
}

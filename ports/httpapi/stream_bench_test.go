package httpapi_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"
)

// BenchmarkStreamFanOut appends events and waits until every client has got all
// of them, over sockets. The clients are on the same cores.
func BenchmarkStreamFanOut(b *testing.B) {
	for _, clients := range []int{1, 100, 1000} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			const events = 200
			s := start(b, database(b))
			defer s.end()
			ctx, leave := context.WithCancel(context.Background())
			var left sync.WaitGroup
			defer left.Wait()
			defer leave()
			got := make(chan struct{}, clients)
			for range clients {
				answer := s.tune(ctx, b)
				left.Go(func() { count(answer.Body, events, got) })
			}
			for b.Loop() {
				for range events {
					s.add(b, 1)
				}
				for range clients {
					<-got
				}
			}
			b.ReportMetric(float64(b.N)*events*float64(clients)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

// BenchmarkStreamBacklog reads a log from its beginning by one stream.
func BenchmarkStreamBacklog(b *testing.B) {
	const events = 20_000
	s := start(b, database(b))
	defer s.end()
	var appends sync.WaitGroup
	for range 100 {
		appends.Go(func() {
			for range events / 100 {
				s.add(b, 1)
			}
		})
	}
	appends.Wait()
	for b.Loop() {
		ctx, leave := context.WithCancel(context.Background())
		got := make(chan struct{}, 1)
		answer := s.tune(ctx, b)
		var left sync.WaitGroup
		left.Go(func() { count(answer.Body, events, got) })
		<-got
		leave()
		left.Wait()
	}
	b.ReportMetric(float64(b.N)*events/b.Elapsed().Seconds(), "events/s")
}

// tune opens a stream from the beginning.
func (s *started) tune(ctx context.Context, t testing.TB) *http.Response {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.server.URL+"/v1/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer reader")
	r.Header.Set("Accept", "text/event-stream")
	answer, err := (&http.Transport{DisableCompression: true, IdleConnTimeout: time.Second}).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// count tells each time that so many events have come, until the end.
func count(body io.ReadCloser, events int, got chan<- struct{}) {
	defer body.Close()
	lines := bufio.NewReaderSize(body, 64<<10)
	for n := 0; ; {
		line, err := lines.ReadSlice('\n')
		if err != nil {
			return
		}
		if bytes.HasPrefix(line, []byte("data: ")) {
			if n++; n%events == 0 {
				got <- struct{}{}
			}
		}
	}
}

package pubsub_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"dossier/adapters/pubsub"
	"dossier/adapters/sqlstore"
	"dossier/application/command"
	"dossier/application/consumer"
	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

// onEachDatabase runs a benchmark on each database; PostgreSQL is skipped where
// there is none.
func onEachDatabase(b *testing.B, bench func(*testing.B, string)) {
	b.Helper()
	b.Run("sqlite", func(b *testing.B) { bench(b, onSQLite(b)) })
	b.Run("postgres", func(b *testing.B) { bench(b, onPostgres(b)) })
}

// backlogs are how many messages wait. DOSSIER_BENCH_BACKLOG adds a length, such
// as 1000000.
func backlogs(b *testing.B) []int {
	all := []int{20_000, 100_000}
	if text := os.Getenv("DOSSIER_BENCH_BACKLOG"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, n)
	}
	return all
}

// BenchmarkBacklog measures how fast a handler that only acknowledges is given
// what has gathered.
func BenchmarkBacklog(b *testing.B) {
	onEachDatabase(b, func(b *testing.B, databaseURL string) {
		store, written := server(b, databaseURL), 0
		for _, backlog := range backlogs(b) {
			write(b, store, written, backlog)
			written = backlog
			b.Run(strconv.Itoa(backlog), func(b *testing.B) {
				for i := range b.N {
					drain(b, databaseURL, fmt.Sprintf("backlog-%d-%d-%d", backlog, b.N, i), backlog)
				}
				b.ReportMetric(float64(b.N)*float64(backlog)/b.Elapsed().Seconds(), "msg/s")
			})
		}
	})
}

func drain(b *testing.B, databaseURL, group string, messages int) {
	b.Helper()
	s, err := pubsub.Open(b.Context(), databaseURL, pubsub.Config{Group: group})
	if err != nil {
		b.Fatal(err)
	}
	in, err := s.Subscribe(b.Context(), pubsub.Topic)
	if err != nil {
		b.Fatal(err)
	}
	for range messages {
		(<-in).Ack()
	}
	b.StopTimer()
	if err := s.Close(); err != nil {
		b.Error(err)
	}
	b.StartTimer()
}

// BenchmarkLatency measures the time from the call of an append, durable, to its
// handler, and how much of it comes after the append was answered.
func BenchmarkLatency(b *testing.B) {
	onEachDatabase(b, func(b *testing.B, databaseURL string) {
		measure(b, databaseURL)
	})
}

// BenchmarkLatencyBesideASlowGroup is BenchmarkLatency while the handlers of
// other groups never end.
func BenchmarkLatencyBesideASlowGroup(b *testing.B) {
	onEachDatabase(b, func(b *testing.B, databaseURL string) {
		write(b, server(b, databaseURL), 0, 10)
		for _, group := range []string{"slow-1", "slow-2"} {
			<-subscribe(b, databaseURL, pubsub.Config{Group: group, AckDeadline: -1, CloseTimeout: time.Millisecond})
		}
		measure(b, databaseURL)
	})
}

func measure(b *testing.B, databaseURL string) {
	store := server(b, databaseURL)
	in := subscribe(b, databaseURL, pubsub.Config{Group: "latency", Start: consumer.End()})
	receive := command.NewReceiveWebhook(store, kyc.NewMachine(), kyc.RuleBook{})
	var took []time.Duration
	session := fmt.Sprint("latency-", time.Now().UnixNano())
	b.ResetTimer()
	for i := range b.N {
		start := time.Now()
		if _, err := receive.Handle(b.Context(), webhook(session, i)); err != nil {
			b.Fatal(err)
		}
		msg := <-in
		took = append(took, time.Since(start))
		msg.Ack()
	}
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}

func subscribe(tb testing.TB, databaseURL string, c pubsub.Config) <-chan *message.Message {
	tb.Helper()
	s, err := pubsub.Open(context.Background(), databaseURL, c)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { s.Close() })
	in, err := s.Subscribe(context.Background(), pubsub.Topic)
	if err != nil {
		tb.Fatal(err)
	}
	return in
}

// payload is as long as a real webhook.
var payload = `{"session_id":"x","service":"LIVENESS","status":"PENDING_VERIFICATION","reason":"` + strings.Repeat("r", 300) + `"}`

func webhook(session string, i int) command.Webhook {
	id := fmt.Sprint("evt_", session, "_", i)
	return command.Webhook{
		App: "default", Session: kyc.SessionID(session),
		Report:   kyc.Report{StepID: "1253242", Service: "LIVENESS", Trigger: kyc.ReportPendingVerification, Attempt: 1},
		Delivery: &eventlog.Delivery{ID: id, SHA256: sha256.Sum256([]byte(id))},
		Metadata: eventlog.Metadata{DeliveryID: id, Attempt: 1, Payload: payload},
	}
}

// write appends events after those that are there.
func write(tb testing.TB, store *sqlstore.Store, from, to int) {
	tb.Helper()
	const callers = 256
	receive := command.NewReceiveWebhook(store, kyc.NewMachine(), kyc.RuleBook{})
	var next atomic.Int64
	next.Store(int64(from))
	var calling sync.WaitGroup
	for range callers {
		calling.Go(func() {
			for i := next.Add(1); i <= int64(to); i = next.Add(1) {
				if _, err := receive.Handle(context.Background(), webhook(fmt.Sprint("session-", i/4), int(i))); err != nil {
					tb.Error(err)
					return
				}
			}
		})
	}
	calling.Wait()
}

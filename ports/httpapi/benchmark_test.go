package httpapi_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"dossier/application/access"
	"dossier/application/command"
	"dossier/application/projection"
	"dossier/application/query"
	"dossier/application/sessionref"
	"dossier/domain/kyc"
	"dossier/ports/httpapi"
)

// quick is the API over one session, logging nothing.
func quick() http.Handler {
	store := newStore()
	store.append(stream(), pending("1"), approved("1"), pending("2"), approved("2"), pending("3"))
	return httpapi.New(httpapi.Config{
		Reads: query.New(query.Sources{
			Models: store, Log: store, Grown: &store.grown, Advanced: &store.advanced,
		}),
		Resolve:     command.NewResolveFlag(store, store, kyc.NewMachine(), kyc.RuleBook{}),
		Auth:        access.NewKeyring(tokens(), noTokens{}),
		AccessLog:   &ledger{},
		Proofs:      prover{},
		Evidence:    exporter{},
		Log:         http.NotFoundHandler(),
		LogEntries:  http.NotFoundHandler(),
		Projections: []string{projection.SessionsName, projection.FlagsName, projection.StatsName},
		SessionRef:  sessionref.Key{}.Of,
		Logger:      slog.New(slog.DiscardHandler),
		Version:     "test",
		Now:         dawn,
	})
}

// BenchmarkGetSession is what the API itself costs, without a network or a
// database.
func BenchmarkGetSession(b *testing.B) {
	api := quick()
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest(http.MethodGet, sessionPath, nil)
		r.Header.Set("Authorization", "Bearer reader")
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			b.Fatal(w.Body)
		}
	}
}

// BenchmarkGetSessionOverHTTP has the client on the same cores.
func BenchmarkGetSessionOverHTTP(b *testing.B) {
	server := httptest.NewServer(quick())
	defer server.Close()
	server.Client().Transport.(*http.Transport).MaxIdleConnsPerHost = 64
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			r, _ := http.NewRequest(http.MethodGet, server.URL+sessionPath, nil)
			r.Header.Set("Authorization", "Bearer reader")
			got, err := server.Client().Do(r)
			if err != nil {
				b.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, got.Body)
			got.Body.Close()
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "answers/s")
}

package simulator

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

func TestTheRateIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &receiver{}
		cfg := Config{URL: fakeURL, Sessions: 20, Seed: 61, Rate: 10, Client: &http.Client{Transport: server}}
		summary, err := Run(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		if want := time.Duration(summary.Deliveries-1) * time.Second / 10; summary.Elapsed.Round(time.Millisecond) != want {
			t.Errorf("%d deliveries took %v, want %v", summary.Deliveries, summary.Elapsed, want)
		}
		if summary.Behind.Max > time.Millisecond {
			t.Errorf("sent %v late", summary.Behind.Max)
		}
	})
}

// TestWhatIsLateIsNotSkipped: the loop is open, so a stall is caught up.
func TestWhatIsLateIsNotSkipped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const stall = 30 * time.Second
		server, calls := &receiver{}, 0
		cfg := Config{URL: fakeURL, Sessions: 100, Seed: 62, Rate: 10, Concurrency: 1}
		cfg.Client = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			if calls++; calls == 5 {
				<-time.After(stall)
			}
			return server.RoundTrip(r)
		})}
		summary, err := Run(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		planned := len(collect(cfg))
		if summary.Deliveries != planned || len(server.seen()) != planned {
			t.Errorf("%d of %d deliveries were sent", summary.Deliveries, planned)
		}
		if summary.Behind.Max < stall-time.Second || summary.Latency.Max < stall {
			t.Errorf("behind %v, latency %v", summary.Behind, summary.Latency)
		}
		// Caught up: the whole takes as long as the schedule says.
		if want := time.Duration(planned-1) * time.Second / 10; summary.Elapsed.Round(time.Second) != want.Round(time.Second) {
			t.Errorf("took %v, want %v", summary.Elapsed, want)
		}
	})
}

func TestProgressIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []Progress
		cfg := Config{URL: fakeURL, Sessions: 20, Seed: 63, Rate: 20, Client: &http.Client{Transport: &receiver{}}}
		cfg.OnProgress = func(p Progress) { told = append(told, p) }
		summary, err := Run(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		for i := 1; i < len(told); i++ {
			if told[i].Deliveries < told[i-1].Deliveries || told[i].Elapsed < told[i-1].Elapsed {
				t.Errorf("progress goes back: %+v, %+v", told[i-1], told[i])
			}
		}
		last := told[len(told)-1]
		if last.Sessions != 20 || last.Total != 20 || last.Deliveries != summary.Deliveries {
			t.Errorf("told at the end: %+v", last)
		}
		if want := int(summary.Elapsed / progressInterval); len(told) < want || len(told) > want+2 {
			t.Errorf("told %d times in %v", len(told), summary.Elapsed)
		}
	})
}

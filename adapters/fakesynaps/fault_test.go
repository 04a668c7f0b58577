package fakesynaps_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"dossier/adapters/fakesynaps"
)

func TestEachFaultSpoilsAnAnswer(t *testing.T) {
	p := lived(t, fakesynaps.Config{Seed: 21, Sessions: 2})
	s := p.Truth()[0]
	good := get(p, path(s)).Body.String()
	for fault, spoiled := range map[fakesynaps.Fault]func(w *httptest.ResponseRecorder) bool{
		fakesynaps.FaultHTML: func(w *httptest.ResponseRecorder) bool {
			return w.Code == 200 && w.Header().Get("Content-Type") == "text/html; charset=utf-8" && !json.Valid(w.Body.Bytes())
		},
		fakesynaps.FaultTruncated: func(w *httptest.ResponseRecorder) bool {
			return w.Code == 200 && w.Body.Len() > 10 && !json.Valid(w.Body.Bytes())
		},
		fakesynaps.FaultServer: func(w *httptest.ResponseRecorder) bool { return w.Code == 500 },
		fakesynaps.FaultHuge: func(w *httptest.ResponseRecorder) bool {
			text := w.Body.Bytes()
			return w.Code == 200 && len(text) == fakesynaps.HugeBody && text[0] == '{' && bytes.HasSuffix(text, []byte(`"}`))
		},
		fakesynaps.FaultRedirect: func(w *httptest.ResponseRecorder) bool {
			return w.Code == 302 && w.Header().Get("Location") == fakesynaps.RedirectTarget
		},
		fakesynaps.FaultContentType: func(w *httptest.ResponseRecorder) bool {
			return w.Code == 200 && w.Header().Get("Content-Type") == "text/plain" && w.Body.String() == good
		},
		fakesynaps.FaultTooMany: func(w *httptest.ResponseRecorder) bool {
			return w.Code == 429 && w.Header().Get("Retry-After") == "1"
		},
	} {
		t.Run(fault.String(), func(t *testing.T) {
			p.Break(fault)
			for _, path := range []string{path(s), path(s) + "/step/" + string(s.Steps[0].ID)} {
				if w := get(p, path); !spoiled(w) && fault != fakesynaps.FaultContentType {
					t.Errorf("%d %v, %d bytes", w.Code, w.Header(), w.Body.Len())
				}
			}
			if w := getWith(p, "another", path(s)); w.Code != 401 {
				t.Errorf("without the key: %d", w.Code)
			}
			p.Break(fakesynaps.Fault{})
			if w := get(p, path(s)); w.Code != 200 || w.Body.String() != good {
				t.Errorf("mended: %d", w.Code)
			}
		})
	}
}

func TestAHangingAnswerEndsWithItsCaller(t *testing.T) {
	p := lived(t, fakesynaps.Config{Seed: 22, Sessions: 1})
	p.Break(fakesynaps.FaultHang)
	asked := make(chan struct{}, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		p.Handler().ServeHTTP(w, r)
	}))
	defer server.Close()
	ctx, stop := context.WithCancel(t.Context())
	go func() { <-asked; stop() }()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/v4"+path(p.Truth()[0]), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Api-Key", apiKey)
	if _, err := server.Client().Do(r); !errors.Is(err, context.Canceled) {
		t.Errorf("it answered: %v", err)
	}
}

func TestBadAnswersComeAtTheirRateAndByTheSeed(t *testing.T) {
	ask := func(rate float64) (codes []int, bad int) {
		p := lived(t, fakesynaps.Config{Seed: 23, Sessions: 1, BadAnswers: rate})
		r := httptest.NewRequest(http.MethodGet, "/v4"+path(p.Truth()[0]), nil)
		r.Header.Set("Api-Key", apiKey)
		gone, leave := context.WithCancel(t.Context())
		leave() // nobody reads an answer that hangs or is huge
		for range 200 {
			w := httptest.NewRecorder()
			p.Handler().ServeHTTP(w, r.WithContext(gone))
			codes = append(codes, w.Code*100_000_000+w.Body.Len())
			if w.Code != 200 || w.Header().Get("Content-Type") != "application/json" || !json.Valid(w.Body.Bytes()) {
				bad++
			}
		}
		return codes, bad
	}
	if _, bad := ask(0); bad > 0 {
		t.Errorf("%d bad answers at a rate of 0", bad)
	}
	first, bad := ask(0.2)
	if bad < 15 || bad > 55 {
		t.Errorf("%d of 200 are bad", bad)
	}
	second, _ := ask(0.2)
	for i := range first {
		if first[i] != second[i] {
			t.Fatalf("answer %d differs", i)
		}
	}
}

func TestFaultsAreParsedByTheirNames(t *testing.T) {
	for _, f := range fakesynaps.Faults() {
		if got, ok := fakesynaps.ParseFault(f.String()); !ok || got != f || f.String() == "" {
			t.Errorf("%q is parsed as %q, %t", f, got, ok)
		}
	}
	if _, ok := fakesynaps.ParseFault(""); ok {
		t.Error("no name is a fault")
	}
}

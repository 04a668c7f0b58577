package fakesynaps

import (
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
)

// Fault is what is wrong with an answer of the API. The zero value is a good
// one.
type Fault struct{ name string }

// The faults of an answer.
var (
	FaultHTML        = Fault{"html"}              // a page of a proxy, with status 200
	FaultTruncated   = Fault{"truncated"}         // JSON that ends in the middle
	FaultServer      = Fault{"server error"}      // 500
	FaultHuge        = Fault{"huge"}              // JSON of HugeBody bytes
	FaultRedirect    = Fault{"redirect"}          // to RedirectTarget
	FaultHang        = Fault{"hang"}              // none, for as long as the caller waits
	FaultContentType = Fault{"content type"}      // a good answer that is said to be text
	FaultTooMany     = Fault{"too many requests"} // 429 with a Retry-After of RetryAfter seconds
)

const (
	// HugeBody is how long a huge answer is, in bytes.
	HugeBody = 12 << 20
	// RedirectTarget is where redirects lead: nowhere.
	RedirectTarget = "https://elsewhere.invalid/v4/"
	// RetryAfter is what an answer 429 asks for, in seconds.
	RetryAfter = 1
)

// Faults returns every fault.
func Faults() []Fault {
	return []Fault{
		FaultHTML, FaultTruncated, FaultServer, FaultHuge, FaultRedirect, FaultHang, FaultContentType, FaultTooMany,
	}
}

// ParseFault reads a fault by its name; ok is false for any other text.
func ParseFault(name string) (f Fault, ok bool) {
	for _, f := range Faults() {
		if f.name == name {
			return f, true
		}
	}
	return Fault{}, false
}

// String returns the name, empty for the zero value.
func (f Fault) String() string { return f.name }

// Break gives every answer from now on a fault, until it is called with the
// zero value.
func (p *Provider) Break(f Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = f
}

// next returns the fault of the next answer.
func (p *Provider) next() Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	if p.fault != (Fault{}) {
		return p.fault
	}
	rng := rand.New(rand.NewPCG(p.cfg.Seed, p.asked))
	if rng.Float64() >= p.cfg.BadAnswers {
		return Fault{}
	}
	return Faults()[rng.IntN(len(Faults()))]
}

// spoil answers with a fault, in place of a good answer.
func (f Fault) spoil(w http.ResponseWriter, r *http.Request, good []byte) {
	switch f {
	case FaultHTML:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, "<!doctype html><title>Just a moment</title><p>Checking your browser before you go on.</p>")
	case FaultTruncated:
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(good[:len(good)/2])
	case FaultServer:
		refuse(w, http.StatusInternalServerError, "INTERNAL_ERROR", "something went wrong")
	case FaultHuge:
		huge(r.Context(), w)
	case FaultRedirect:
		http.Redirect(w, r, RedirectTarget, http.StatusFound)
	case FaultHang:
		<-r.Context().Done()
	case FaultContentType:
		w.Header().Set("Content-Type", "text/plain")
		_, _ = w.Write(good)
	case FaultTooMany:
		w.Header().Set("Retry-After", strconv.Itoa(RetryAfter))
		refuse(w, http.StatusTooManyRequests, "TOO_MANY_REQUESTS", "the limit of requests is reached")
	default:
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(good)
	}
}

// huge writes valid JSON of HugeBody bytes, for as long as the caller is there.
func huge(ctx context.Context, w http.ResponseWriter) {
	const begin, end, piece = `{"padding":"`, `"}`, 1 << 15
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, begin)
	text := strings.Repeat("x", piece)
	for left := HugeBody - len(begin) - len(end); left > 0 && ctx.Err() == nil; left -= piece {
		if _, err := io.WriteString(w, text[:min(left, piece)]); err != nil {
			return
		}
	}
	_, _ = io.WriteString(w, end)
}

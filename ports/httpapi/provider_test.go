package httpapi_test

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"dossier/application/reconcile"
	"dossier/domain/kyc"
)

// personal is what nobody but the caller may see of it.
const personal = `{"id":1, "document":{"name":"Ada <Lovelace>",  "born":"1815-12-10"}}` + "\n\n"

// synaps is the API of a provider. It has the details of every step.
type synaps struct {
	mu       sync.Mutex
	snapshot kyc.Snapshot
	media    string // of the details; application/json if empty
	fault    error  // what every call returns, if set
	before   func() // what every call calls, if set
	asked    []reconcile.DetailsRequest
	limited  bool // the last call had a deadline
}

func (p *synaps) ask(ctx context.Context) error {
	_, p.limited = ctx.Deadline()
	if p.before != nil {
		p.before()
	}
	return p.fault
}

func (p *synaps) Overview(ctx context.Context, _ kyc.App, _ kyc.SessionID, _ kyc.Kind) (kyc.Snapshot, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	err := p.ask(ctx)
	return p.snapshot, err
}

func (p *synaps) Details(ctx context.Context, r reconcile.DetailsRequest) (reconcile.Details, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, r)
	media := p.media
	if media == "" {
		media = "application/json"
	}
	err := p.ask(ctx)
	return reconcile.Details{ContentType: media, Body: []byte(personal)}, err
}

// providerFault is an error of a provider, and what becomes of it.
type providerFault struct {
	err        error
	status     int
	slug       string
	retryAfter string
	logged     bool
}

func providerFaults() []providerFault {
	return []providerFault{
		{fmt.Errorf("ask: %w", reconcile.ErrNoKey), 409, "no-provider-key", "", false},
		{fmt.Errorf("ask: %w", &reconcile.Unavailable{Status: 500}), 503, "provider-unavailable", "1", false},
		{fmt.Errorf("ask: %w", &reconcile.Unavailable{Status: 429, RetryAfter: 6500e6}), 503, "provider-unavailable", "7", false},
		{fmt.Errorf("ask: %w", reconcile.ErrRefused), 502, "provider-refused", "", true},
		{fmt.Errorf("ask: %w", reconcile.ErrAnswer), 502, "provider-answer", "", true},
		{context.DeadlineExceeded, 503, "interrupted", "1", false},
		{errors.New("broken"), 500, "internal", "", true},
	}
}

package httpapi_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dossier/ports/httpapi"
)

func ready(context.Context) error { return nil }

func TestAliveAndReady(t *testing.T) {
	s := newService(t, func(c *httpapi.Config) {
		c.Checks = []httpapi.Check{{Name: "database", Ready: ready}, {Name: "projections", Ready: ready}}
	})
	s.get("", "/healthz").is(200).equals(`{"status":"ok"}`)
	s.get("", "/readyz").is(200).equals(`{"ready":true,"checks":[{"name":"database","ready":true},{"name":"projections","ready":true}]}`)
	newService(t).get("", "/readyz").is(200).equals(`{"ready":true,"checks":[]}`)
}

func TestWhatIsNotReadyIsNamed(t *testing.T) {
	s := newService(t, func(c *httpapi.Config) {
		c.Checks = []httpapi.Check{
			{Name: "database", Ready: ready},
			{Name: "projections", Ready: func(context.Context) error { return errors.New("sessions lag by 7 events\nsecond line") }},
			{Name: "keys", Ready: func(context.Context) error { return errors.New(strings.Repeat("ü", 150)) }},
		}
	})
	a := s.get("", "/readyz").is(503)
	if a.Header().Get("Content-Type") != "application/json" {
		t.Errorf("type %s", a.Header().Get("Content-Type"))
	}
	a.equals(`{"ready":false,"checks":[{"name":"database","ready":true},
		{"name":"projections","ready":false,"error":"sessions lag by 7 events"},
		{"name":"keys","ready":false,"error":"` + strings.Repeat("ü", 100) + `"}]}`)
	s.get("", "/healthz").is(200)
}

func TestAnAdvisoryCheckLeavesTheServiceReady(t *testing.T) {
	s := newService(t, func(c *httpapi.Config) {
		c.Checks = []httpapi.Check{
			{Name: "database", Ready: ready},
			{Name: "signing", Advisory: true, Ready: func(context.Context) error { return errors.New("position 8 has waited") }},
		}
	})
	s.get("", "/readyz").is(200).equals(`{"ready":true,"checks":[{"name":"database","ready":true},
		{"name":"signing","ready":false,"advisory":true,"error":"position 8 has waited"}]}`)
}

func TestAHangingCheckIsNotReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		s := newService(t, func(c *httpapi.Config) {
			c.Checks = []httpapi.Check{{Name: "a", Ready: hang}, {Name: "b", Ready: ready}, {Name: "c", Ready: hang}}
		})
		began := time.Now()
		a := s.get("", "/readyz").is(503)
		if got := a.list("checks", "ready"); got[0] != false || got[1] != true || got[2] != false {
			t.Errorf("checks %s", a.Body)
		}
		if took := time.Since(began); took != 2*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

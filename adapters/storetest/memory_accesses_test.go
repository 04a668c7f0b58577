package storetest_test

import (
	"context"
	"strings"
	"unicode/utf8"

	"dossier/application/accesslog"
)

func (s *store) Record(ctx context.Context, e accesslog.Entry) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.db.fault != recordsAnything && !recordable(e) {
		return accesslog.ErrUnstorable
	}
	s.db.mu.Lock()
	defer s.db.mu.Unlock()
	number := int64(len(s.db.accesses)) + 1
	if s.db.fault == numbersUnlocked {
		number += number % 2 // as if another one had got this number, too
	}
	s.db.accesses = append(s.db.accesses, accesslog.Recorded{Number: number, Entry: e})
	return nil
}

func recordable(e accesslog.Entry) bool {
	names := []string{e.Actor, e.Action, string(e.App), string(e.Session)}
	for _, text := range append(names, e.Detail) {
		if !utf8.ValidString(text) || strings.Contains(text, "\x00") {
			return false
		}
	}
	for _, name := range names {
		if len(name) > accesslog.MaxName {
			return false
		}
	}
	return e.Actor != "" && e.Action != "" && len(e.Detail) <= accesslog.MaxDetail &&
		(e.Via == accesslog.API || e.Via == accesslog.CLI)
}

func (s *store) ReadAccess(_ context.Context, actor string, after int64, limit int) (page []accesslog.Recorded, err error) {
	s.db.mu.RLock()
	defer s.db.mu.RUnlock()
	for _, r := range s.db.accesses {
		of := actor == "" || r.Actor == actor || s.db.fault == showsAllAccesses
		if of && r.Number > after && len(page) < limit {
			page = append(page, r)
		}
	}
	return page, nil
}

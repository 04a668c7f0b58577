package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"dossier/application/access"
)

func tokenCases() []Case {
	return []Case{
		{"tokens are read back until they are revoked", tokens},
		{"of first tokens that are added at once exactly one is stored", firstToken},
	}
}

func token(name string, role access.Role, secret string) access.Token {
	return access.TokenOf(name, role, secret, noon.Add(123_456*time.Microsecond))
}

func tokens(ctx context.Context, env *Env) error {
	stores, err := env.fleet(ctx, 2)
	if err != nil {
		return err
	}
	s, other := stores[0], stores[1]
	err = valid(ctx, s)
	var all []access.Token
	for i, name := range oddTexts() {
		t := token(name, access.Roles()[i%len(access.Roles())], fmt.Sprint("secret ", i))
		t.CreatedAt = t.CreatedAt.Add(time.Duration(i) * time.Microsecond) // they are listed by age
		all = append(all, t)
		err = errors.Join(err, s.AddToken(ctx, t))
	}
	err = errors.Join(err, valid(ctx, s, all...), valid(ctx, other, all...))
	twice := token("twice", access.Reader, "secret 0")
	err = errors.Join(err, holds(s.AddToken(ctx, twice) != nil, "one secret was stored twice"))
	err = errors.Join(err, other.RevokeToken(ctx, all[0].ID, noon), valid(ctx, s, all[1:]...))
	for _, id := range []string{all[0].ID, "none", "", "'; --"} {
		err = errors.Join(err, holds(s.RevokeToken(ctx, id, noon) != nil, "the token %q was revoked, which is not valid", id))
	}
	return errors.Join(err, valid(ctx, other, all[1:]...))
}

func valid(ctx context.Context, s Access, wanted ...access.Token) error {
	got, err := s.Tokens(ctx)
	return errors.Join(err, same("valid tokens", got, wanted))
}

// firstToken adds from many sides at once, and again when there was one.
func firstToken(ctx context.Context, env *Env) error {
	stores, err := env.fleet(ctx, 8)
	if err != nil {
		return err
	}
	const perStore = 3
	added, failures := make([]bool, len(stores)*perStore), make([]error, len(stores)*perStore)
	begin := make(chan struct{})
	var adding sync.WaitGroup
	for i := range added {
		adding.Go(func() {
			<-begin
			added[i], failures[i] = stores[i%len(stores)].AddFirstToken(ctx, token("", access.Admin, fmt.Sprint(i)))
		})
	}
	close(begin)
	adding.Wait()
	first := 0
	for _, ok := range added {
		if ok {
			first++
		}
	}
	all, err := stores[0].Tokens(ctx)
	err = errors.Join(errors.Join(failures...), err, holds(first == 1 && len(all) == 1, "%d first tokens were added, %d are stored", first, len(all)))
	if err != nil {
		return err
	}
	again, err := stores[1].AddFirstToken(ctx, token("", access.Admin, "again"))
	revoked := stores[1].RevokeToken(ctx, all[0].ID, noon)
	anew, failed := stores[2].AddFirstToken(ctx, token("", access.Admin, "anew"))
	return errors.Join(err, revoked, failed, holds(!again, "a second first token was added"),
		holds(!anew, "a first token was added after the first was revoked"), valid(ctx, stores[0]))
}

package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

func settingCases() []Case {
	return []Case{
		{"a setting is what was proposed first", settings},
		{"of proposals at once one wins everywhere", proposals},
	}
}

func settings(ctx context.Context, env *Env) error {
	s, err := env.open(ctx)
	if err != nil {
		return err
	}
	for _, odd := range oddTexts() {
		for _, proposed := range []string{odd, "another"} {
			got, failed := s.Setting(ctx, odd, proposed)
			err = errors.Join(err, failed, same("setting", got, odd))
		}
	}
	other, failed := env.open(ctx)
	if err := errors.Join(err, failed); err != nil {
		return err
	}
	got, err := other.Setting(ctx, oddTexts()[0], "late")
	return errors.Join(err, same("setting in another store", got, oddTexts()[0]))
}

func proposals(ctx context.Context, env *Env) error {
	stores, err := env.fleet(ctx, 4)
	if err != nil {
		return err
	}
	values, failures := make([]string, 4*len(stores)), make([]error, 4*len(stores))
	begin := make(chan struct{})
	var proposing sync.WaitGroup
	for i := range values {
		proposing.Go(func() {
			<-begin
			values[i], failures[i] = stores[i%len(stores)].Setting(ctx, "key", fmt.Sprint("value ", i))
		})
	}
	close(begin)
	proposing.Wait()
	err = errors.Join(failures...)
	for _, value := range values {
		err = errors.Join(err, holds(value == values[0] && value != "", "%q and %q are settings of one name", value, values[0]))
	}
	return err
}

package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/message/router/middleware"

	"dossier/adapters/pubsub"
	"dossier/domain/kyc"
)

// onDuty is who is told.
type onDuty interface {
	say(position int64, what string)
	Page(ctx context.Context, p page) error
}

// page is why someone is called.
type page struct {
	Position  int64
	App       kyc.App
	Violation kyc.Violation
	Severity  kyc.Severity
}

// accounts opens and freezes accounts by what becomes of sessions.
type accounts struct {
	sessions *pubsub.Subscriber
	duty     onDuty
	// rules are those of every app here. A firm that names required services in
	// DOSSIER_REQUIRED_SERVICES gives them here, too.
	rules kyc.Rules
}

func newAccounts(sessions *pubsub.Subscriber, duty onDuty) *accounts {
	return &accounts{sessions: sessions, duty: duty}
}

// handle is called with one event after the other. It acknowledges an event by
// returning nil.
func (a *accounts) handle(msg *message.Message) error {
	e, err := pubsub.Decode(msg)
	if errors.Is(err, pubsub.ErrUnknownType) {
		return nil // of a later version of Dossier: nothing that this service waits for
	}
	if err != nil {
		return err
	}
	// Any event may change what the session is as a whole: a step that is seen for
	// the first time is not approved yet.
	if err := a.moved(msg.Context(), e); err != nil {
		return err
	}
	if flag, ok := e.Data.(kyc.TransitionFlagged); ok && flag.Severity == kyc.SeverityHigh {
		return a.duty.Page(msg.Context(), page{e.Position, e.App, flag.Violation, flag.Severity})
	}
	return nil
}

// moved brings the account into line with the session as it was after an event.
// The event tells of one step or of the session itself: an approved step is no
// approval, so what counts is the overall status.
func (a *accounts) moved(ctx context.Context, e pubsub.Event) error {
	session, err := a.sessions.Session(ctx, e)
	if err != nil {
		return err
	}
	overall := session.Overall(a.rules)
	changed, err := setAccount(ctx, e, overall == kyc.OverallApproved)
	switch {
	case err != nil || !changed:
		return err
	case overall == kyc.OverallApproved:
		a.duty.say(e.Position, "account opened")
	default:
		a.duty.say(e.Position, "account frozen: "+overall.String())
	}
	return nil
}

// The table is in the words that PostgreSQL and SQLite share. It is made by the
// first event, in whose transaction everything happens.
const (
	createAccounts = `CREATE TABLE IF NOT EXISTS example_accounts (
  app text NOT NULL, session_id text NOT NULL, state text NOT NULL, position bigint NOT NULL, PRIMARY KEY (app, session_id))`

	openAccount = `INSERT INTO example_accounts (app, session_id, state, position) VALUES ($1, $2, 'open', $3)
ON CONFLICT (app, session_id) DO UPDATE SET state = 'open', position = excluded.position WHERE example_accounts.state <> 'open'`

	freezeAccount = `UPDATE example_accounts SET state = 'frozen', position = $3 WHERE app = $1 AND session_id = $2 AND state = 'open'`
)

// setAccount opens or freezes an account, and says whether it was not so before.
// It is committed together with the place of the group, or not at all.
func setAccount(ctx context.Context, e pubsub.Event, open bool) (changed bool, err error) {
	tx, err := pubsub.Tx(ctx)
	if err != nil {
		return false, err
	}
	if _, err := tx.ExecContext(ctx, createAccounts); err != nil {
		return false, fmt.Errorf("make the table of accounts: %w", err)
	}
	statement := freezeAccount
	if open {
		statement = openAccount
	}
	result, err := tx.ExecContext(ctx, statement, string(e.App), string(e.Session), e.Position)
	if err != nil {
		return false, fmt.Errorf("write the account: %w", err)
	}
	rows, err := result.RowsAffected()
	return rows > 0, err
}

// poisoned tells of an event that was put aside. Someone repairs what was wrong
// and handles it by its position.
func (a *accounts) poisoned(msg *message.Message) error {
	position, err := strconv.ParseInt(msg.Metadata[pubsub.MetadataPosition], 10, 64)
	if err != nil {
		return nil // someone else's message: telling of it again would not help
	}
	a.duty.say(position, "put aside: "+msg.Metadata[middleware.ReasonForPoisonedKey])
	return nil
}

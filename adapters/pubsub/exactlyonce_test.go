package pubsub_test

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"
	"time"

	wsql "github.com/ThreeDotsLabs/watermill-sql/v4/pkg/sql"
	"github.com/ThreeDotsLabs/watermill/message"

	"dossier/adapters/postgres/pgtest"
	"dossier/adapters/pubsub"
)

func TestWhatHandlersWriteIsCommittedWithTheirMessages(t *testing.T) {
	onEach(t, func(t *testing.T, databaseURL string) {
		says(t, server(t, databaseURL), numbered(20)...)
		accounts := newAccounts(t, databaseURL)
		s := open(t, databaseURL, pubsub.Config{})
		in := subscribeTo(t, s)
		for i := range 20 {
			msg := next(t, in)
			switch {
			case i%3 == 0:
				openAccount(t, msg)
			case i%3 == 1: // the way of Watermill's own
				tx, _ := wsql.TxFromContext(msg.Context())
				if _, err := tx.ExecContext(msg.Context(), insertAccount, position(t, msg)); err != nil {
					t.Fatal(err)
				}
				rows, err := tx.QueryContext(msg.Context(), `SELECT opened_by FROM accounts WHERE opened_by = $1`, position(t, msg))
				if err != nil {
					t.Fatal(err)
				}
				if !rows.Next() {
					t.Error("a handler does not see what it wrote")
				}
				rows.Close()
			}
			msg.Ack()
		}
		s.Close()
		accounts.expect(t, 1, 2, 4, 5, 7, 8, 10, 11, 13, 14, 16, 17, 19, 20)
	})
}

// A message that was not acknowledged leaves nothing behind, and those of the
// same batch everything.
func TestWhatARefusedMessageWroteIsUndone(t *testing.T) {
	onEach(t, func(t *testing.T, databaseURL string) {
		says(t, server(t, databaseURL), numbered(40)...)
		accounts := newAccounts(t, databaseURL)
		s := open(t, databaseURL, pubsub.Config{})
		in := subscribeTo(t, s)
		refused := map[string]int{}
		for i := 1; i <= 40; {
			msg := next(t, in)
			openAccount(t, msg)
			if at := position(t, msg); i%4 == 0 && refused[at] < 2 {
				refused[at]++
				msg.Nack()
				continue
			}
			msg.Ack()
			i++
		}
		s.Close()
		accounts.expect(t, through(40)...)
	})
}

// through returns the numbers from 1.
func through(last int) []int {
	all := make([]int, last)
	for i := range all {
		all[i] = i + 1
	}
	return all
}

// While a message waits to be delivered again, those before it are committed
// and no lock is held.
func TestNothingIsHeldWhileAMessageWaits(t *testing.T) {
	onEach(t, func(t *testing.T, databaseURL string) {
		store := server(t, databaseURL)
		says(t, store, numbered(40)...)
		accounts := newAccounts(t, databaseURL)
		s := open(t, databaseURL, pubsub.Config{ResendDelay: pubsub.Never, AckDeadline: -1, CloseTimeout: time.Millisecond})
		in := subscribeTo(t, s)
		const refused = 38 // within a batch of many
		for range refused - 1 {
			msg := next(t, in)
			openAccount(t, msg)
			msg.Ack()
		}
		msg := next(t, in)
		openAccount(t, msg)
		msg.Nack()
		none(t, in)
		accounts.expect(t, through(refused-1)...)
		says(t, store, "written meanwhile")
	})
}

// The process dies after a handler wrote, and before its message was
// acknowledged.
func TestWhatADeadProcessWroteIsWrittenOnce(t *testing.T) {
	onEach(t, func(t *testing.T, databaseURL string) {
		says(t, server(t, databaseURL), numbered(3)...)
		accounts := newAccounts(t, databaseURL)
		dying := open(t, databaseURL, pubsub.Config{CloseTimeout: time.Millisecond})
		in := subscribeTo(t, dying)
		expect(t, in, 1, 1)
		msg := next(t, in)
		openAccount(t, msg)
		dying.Close()
		msg.Ack() // nobody listens
		accounts.expect(t)

		s := open(t, databaseURL, pubsub.Config{})
		in = subscribeTo(t, s)
		for range 2 {
			msg := next(t, in)
			openAccount(t, msg)
			msg.Ack()
		}
		s.Close()
		accounts.expect(t, 2, 3)
	})
}

// The holder stops to answer, another takes over, and then the first goes on.
func TestAHolderThatWasOvertakenCommitsNothing(t *testing.T) {
	onEach(t, func(t *testing.T, databaseURL string) {
		says(t, server(t, databaseURL), numbered(3)...)
		accounts := newAccounts(t, databaseURL)
		paused := open(t, databaseURL, pubsub.Config{Lease: pubsub.Never, CloseTimeout: time.Millisecond})
		held := next(t, subscribeTo(t, paused))
		if !strings.HasPrefix(databaseURL, "sqlite:") { // where it would keep the other from claiming
			openAccount(t, held)
		}

		// By the clock of the next, the claim ran out long ago.
		later := func() time.Time { return time.Now().Add(2 * pubsub.Never) }
		in := subscribeTo(t, open(t, databaseURL, pubsub.Config{}.WithClock(later)))
		for range 3 {
			msg := next(t, in)
			openAccount(t, msg)
			msg.Ack()
		}
		if strings.HasPrefix(databaseURL, "sqlite:") {
			openAccount(t, held)
		}
		held.Ack()
		paused.Close()
		says(t, server(t, databaseURL), "the fourth")
		expect(t, in, 4, 4) // the batch before is committed
		accounts.expect(t, 1, 2, 3)
	})
}

// The connection is lost between the write and the commit.
func TestALostConnectionCommitsNothing(t *testing.T) {
	databaseURL := onPostgres(t)
	says(t, server(t, databaseURL), numbered(3)...)
	accounts := newAccounts(t, databaseURL)
	s := open(t, databaseURL, pubsub.Config{})
	in := subscribeTo(t, s)
	for done, cut := false, false; !done; {
		msg := next(t, in)
		done = position(t, msg) == "3"
		if err := tryToOpenAccount(msg); err != nil {
			done = false
			msg.Nack()
			continue
		}
		if position(t, msg) == "2" && !cut {
			cut = true
			pgtest.Terminate(t, databaseURL)
		}
		msg.Ack()
	}
	s.Close()
	accounts.expect(t, 1, 2, 3)
}

// A handler whose time is over may still be writing.
func TestAMessageWhoseTimeIsOverCommitsNothing(t *testing.T) {
	onEach(t, func(t *testing.T, databaseURL string) {
		says(t, server(t, databaseURL), numbered(3)...)
		accounts := newAccounts(t, databaseURL)
		// Far longer than a transaction takes on a busy machine: else those that must
		// be in time would not be.
		s := open(t, databaseURL, pubsub.Config{AckDeadline: 5 * time.Second})
		in := subscribeTo(t, s)
		late := next(t, in)
		openAccount(t, late)
		<-late.Context().Done()
		for range 3 {
			msg := next(t, in)
			openAccount(t, msg)
			msg.Ack()
		}
		s.Close()
		if _, err := pubsub.Tx(late.Context()); !errors.Is(err, sql.ErrTxDone) {
			t.Errorf("the transaction of a message whose time is over: %v", err)
		}
		accounts.expect(t, 1, 2, 3)
	})
}

// A handler that ends the transaction takes its batch along.
func TestHandlersDoNotEndTheTransaction(t *testing.T) {
	onEach(t, func(t *testing.T, databaseURL string) {
		says(t, server(t, databaseURL), numbered(1)...)
		accounts := newAccounts(t, databaseURL)
		s := open(t, databaseURL, pubsub.Config{})
		in := subscribeTo(t, s)
		msg := next(t, in)
		openAccount(t, msg)
		tx, _ := wsql.TxFromContext(msg.Context())
		if err := tx.Rollback(); err != nil {
			t.Error(err)
		}
		msg.Ack()
		msg = next(t, in)
		openAccount(t, msg)
		msg.Ack()
		s.Close()
		accounts.expect(t, 1)
	})
}

func TestTheTransactionIsThatOfAMessage(t *testing.T) {
	if _, err := pubsub.Tx(context.Background()); !errors.Is(err, pubsub.ErrNoTransaction) {
		t.Errorf("got %v, want %v", err, pubsub.ErrNoTransaction)
	}
}

// What a handler tries again is done once, and what it gives up not at all,
// though the message is acknowledged.
func TestAtomicUndoesWhatAFailedHandlerWrote(t *testing.T) {
	onEach(t, func(t *testing.T, databaseURL string) {
		says(t, server(t, databaseURL), numbered(30)...)
		accounts := newAccounts(t, databaseURL)
		s := open(t, databaseURL, pubsub.Config{})
		in := subscribeTo(t, s)
		for range 30 {
			msg := next(t, in)
			fails := 1
			handle := pubsub.Atomic(func(msg *message.Message) ([]*message.Message, error) {
				openAccount(t, msg)
				if fails--; fails >= 0 || strings.HasSuffix(position(t, msg), "5") {
					return nil, errors.New("half done")
				}
				return nil, nil
			})
			if _, err := handle(msg); err == nil {
				t.Error("the handler's error was lost")
			}
			_, _ = handle(msg)
			msg.Ack()
		}
		s.Close()
		accounts.expect(t, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 18, 19, 20, 21, 22, 23, 24, 26, 27, 28, 29, 30)
	})
}

func TestAtomicUndoesWhatAPanicLeft(t *testing.T) {
	onEach(t, func(t *testing.T, databaseURL string) {
		says(t, server(t, databaseURL), numbered(1)...)
		accounts := newAccounts(t, databaseURL)
		s := open(t, databaseURL, pubsub.Config{})
		msg := next(t, subscribeTo(t, s))
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic was lost")
				}
			}()
			_, _ = pubsub.Atomic(func(msg *message.Message) ([]*message.Message, error) {
				openAccount(t, msg)
				panic("x")
			})(msg)
		}()
		msg.Ack()
		s.Close()
		accounts.expect(t)
	})
}

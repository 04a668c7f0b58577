package pubsub

import (
	"context"
	"database/sql"
	"errors"

	"github.com/ThreeDotsLabs/watermill/message"
)

// ErrNoTransaction: the context is not that of a message of a [Subscriber].
var ErrNoTransaction = errors.New("the context is not that of a message of this subscriber")

// Tx returns the transaction of the message that has this context: what is
// written through it is committed if and only if the message is acknowledged in
// time, together with the group's place. It is begun by the first call. Do not
// end it, and do not use it after the message was acknowledged or not.
//
// It returns ErrNoTransaction, or sql.ErrTxDone when the message's time is over.
func Tx(ctx context.Context) (*sql.Tx, error) {
	t, ok := transaction(ctx)
	if !ok {
		return nil, ErrNoTransaction
	}
	return t.real(ctx)
}

// Atomic is a middleware of Watermill's router that undoes what a handler wrote
// through its message's transaction when it returns an error or panics. It is to
// be the innermost: a middleware that tries again, or that puts a message aside
// and acknowledges it, would otherwise keep half of what the handler did. Other
// messages are not concerned, and the transaction is not held any more.
func Atomic(h message.HandlerFunc) message.HandlerFunc {
	return func(msg *message.Message) (produced []*message.Message, err error) {
		failed := true
		defer func() {
			t, ok := transaction(msg.Context())
			if failed && ok {
				err = errors.Join(err, t.undoAttempt())
			}
		}()
		produced, err = h(msg)
		failed = err != nil
		return produced, err
	}
}

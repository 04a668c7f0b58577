package pgconn

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"runtime"
	"strings"

	"github.com/lib/pq"
)

// ErrUnreplicated: the transaction is committed on the primary, and the wait for
// a synchronous standby ended before one confirmed it: a failover may lose it.
// It must not be told as a success, nor as a failure that may be tried anew.
var ErrUnreplicated = errors.New("committed, but no synchronous standby has confirmed it")

// ErrLost: the connection ended after a statement was sent, and before its
// answer came. The statement may have been carried out, and committed.
var ErrLost = errors.New("the connection was lost before the answer came")

// unconfirmed says that a notice is the warning of a synchronous wait that was
// cancelled (01000) or whose session was terminated (57P01). Its text and its
// severity are in the server's language; the routine of its source is not, and
// only that wait is in it.
func unconfirmed(notice *pq.Error) bool {
	return notice.Routine == "SyncRepWaitForLSN" && (notice.Code == "01000" || notice.Code == "57P01")
}

// unreplicated returns the error for such a warning. The error that the call had
// anyway is a part of it, unless database/sql would repeat the call because of it.
func unreplicated(notice *pq.Error, err error) error {
	if err == nil || again(err) {
		return fmt.Errorf("%w (%s: %s)", ErrUnreplicated, notice.Code, notice.Message)
	}
	return fmt.Errorf("%w (%s: %s): %w", ErrUnreplicated, notice.Code, notice.Message, err)
}

// again says that database/sql would run a statement again.
func again(err error) bool { return errors.Is(err, driver.ErrBadConn) }

// lost returns the error of a statement whose answer did not come. cause is what
// the network said, if anything.
func lost(cause error) error {
	if cause == nil {
		return ErrLost
	}
	return fmt.Errorf("%w: %w", ErrLost, cause)
}

// panicked returns the error for a panic of the driver. The value is left out,
// unless it is the runtime's own, for it may hold what must not be logged.
func panicked(value any) error {
	if fault, ok := value.(runtime.Error); ok {
		return fmt.Errorf("%w: the driver panicked: %w; the connection was closed", ErrLost, fault)
	}
	return fmt.Errorf("%w: the driver panicked with a %T; the connection was closed", ErrLost, value)
}

// ErrConnect: no connection could be made.
var ErrConnect = errors.New("no connection")

// connectError is any error of connecting, with its text in one line: with
// several hosts, lib/pq has one for each.
type connectError struct{ error }

// Error implements error.
func (e connectError) Error() string {
	return strings.NewReplacer(":\n", ": ", "\n", "; ").Replace(e.error.Error())
}

// Is implements what errors.Is asks.
func (connectError) Is(target error) bool { return target == ErrConnect }

// Unwrap implements what errors.Is asks.
func (e connectError) Unwrap() error { return e.error }

// connecting returns the error of connecting. If the context has ended, both
// count: why, and what it waited for.
func connecting(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case again(err):
		// database/sql would only try again, and what happened is more than that.
		err = errors.New("the server ended the connection while it was being made")
	}
	if ctx.Err() != nil && !errors.Is(err, ctx.Err()) {
		err = fmt.Errorf("%w: %w", ctx.Err(), err)
	}
	return connectError{err}
}

package reconcile

import (
	"context"
	"errors"
	"fmt"
	"time"

	"dossier/domain/kyc"
)

// Provider asks the API of a provider. It must be safe for concurrent use. The
// errors hold neither keys nor ids of sessions nor text of answers.
type Provider interface {
	// Knows says whether the sessions of an app can be asked for: it has a key.
	Knows(app kyc.App) bool
	// Overview returns what the provider shows of a session now. Of a kind that is
	// not known both are asked for. A session that the provider does not know is a
	// snapshot that says so, not an error. It returns ErrNoKey, ErrRefused,
	// ErrAnswer or an [Unavailable].
	Overview(ctx context.Context, app kyc.App, session kyc.SessionID, kind kyc.Kind) (kyc.Snapshot, error)
	// Details returns what the provider keeps of a step, as it came. It returns
	// ErrNotFound and what Overview returns.
	Details(ctx context.Context, r DetailsRequest) (Details, error)
}

// DetailsRequest names a step. For companies the provider asks for its service
// instead of its id.
type DetailsRequest struct {
	App     kyc.App
	Session kyc.SessionID
	Kind    kyc.Kind
	StepID  kyc.StepID
	Service kyc.Service
}

// Details is an answer that is passed on and never stored.
type Details struct {
	ContentType string
	Body        []byte
}

var (
	// ErrNoKey: no API key is configured for the app.
	ErrNoKey = errors.New("no key of the provider's API is configured for the app")
	// ErrRefused: the provider does not accept the key, or the request. Trying
	// again does not help before someone changes something.
	ErrRefused = errors.New("the provider's API refuses")
	// ErrAnswer: the answer is none that can be read: not JSON, cut off, too long,
	// or a redirect.
	ErrAnswer = errors.New("the provider's API answers what can't be read")
	// ErrNotFound: the provider knows no such step.
	ErrNotFound = errors.New("the provider knows no such step")
	// ErrUnavailable is what every [Unavailable] is.
	ErrUnavailable = errors.New("the provider's API does not answer now")
)

// Unavailable is that the provider, or the budget of requests, does not allow an
// answer now.
type Unavailable struct {
	Status     int           // that it answered; 0: nothing
	RetryAfter time.Duration // what it asked for; 0: nothing
}

// Error tells the status.
func (u *Unavailable) Error() string {
	if u.Status == 0 {
		return ErrUnavailable.Error()
	}
	return fmt.Sprintf("%s: it answered %d", ErrUnavailable, u.Status)
}

// Is says that it is ErrUnavailable.
func (*Unavailable) Is(target error) bool { return target == ErrUnavailable }

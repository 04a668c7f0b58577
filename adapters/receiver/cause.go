package receiver

import (
	"context"
	"errors"
	"fmt"

	"dossier/adapters/httpfault"
)

// cause returns why there was no answer. Nothing of the error's own text is
// kept. An ended ctx of the caller stays what it is.
func (r *Receiver) cause(ctx, limited context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("the delivery was interrupted: %w", ctx.Err())
	case limited.Err() != nil:
		return fmt.Errorf("no answer within %v", r.timeout)
	case errors.Is(err, ErrPrivate):
		return ErrPrivate
	case errors.Is(err, ErrPlain):
		return ErrPlain
	default:
		return httpfault.Cause(err)
	}
}

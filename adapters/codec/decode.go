package codec

import (
	"encoding/json"
	"errors"
	"fmt"

	"dossier/domain/kyc"
)

var (
	// ErrUnknownName: the event has a name that this version of the program does
	// not know; a later one may have written it.
	ErrUnknownName = errors.New("unknown event name")
	// ErrCorrupt: the stored text is not what its name promises.
	ErrCorrupt = errors.New("corrupt event")
)

// Decode returns the event that was stored under a name. It returns
// ErrUnknownName or ErrCorrupt; the errors do not repeat the data.
func Decode(name, data string) (kyc.Event, error) { return decode(decoderOf, name, data) }

// decoder reads what is stored under one name.
type decoder func(data string) (kyc.Event, error)

// decoderOf returns the decoder of a name; nil for a name that was never
// written. Names of older versions stay here for ever.
func decoderOf(name string) decoder {
	switch name {
	case StatusChangedV1:
		return read[statusChangedV1]
	case SessionResetV1:
		return read[sessionResetV1]
	case StatusRepeatedV1:
		return read[statusRepeatedV1]
	case TransitionFlaggedV1:
		return read[transitionFlaggedV1]
	case WebhookDiscardedV1:
		return read[webhookDiscardedV1]
	case ContractViolatedV1:
		return read[contractViolatedV1]
	case FlagResolvedV1:
		return read[flagResolvedV1]
	case SnapshotObservedV1:
		return read[snapshotObservedV1]
	case DetailsAccessedV1:
		return read[detailsAccessedV1]
	default:
		return nil
	}
}

// decode is Decode for any set of names.
func decode(of func(name string) decoder, name, data string) (kyc.Event, error) {
	read := of(name)
	if read == nil {
		return nil, fmt.Errorf("decode %q: %w", name, ErrUnknownName)
	}
	event, err := read(data)
	if err != nil {
		return nil, fmt.Errorf("decode %s: %w: %w", name, ErrCorrupt, err)
	}
	return event, nil
}

// form is a stored form.
type form interface {
	// read reads the value of a field, for plain; it is false for a field that
	// the form does not have under exactly this name.
	read(p *plain, name string) bool
	// event returns the event that the form stands for, or what is wrong with it.
	// A form that is no longer written is upcast: it turns itself into the form
	// that came after it, and returns the event of that.
	event() (kyc.Event, error)
}

// read reads a stored form as its event.
func read[T any, P interface {
	*T
	form
}](data string) (kyc.Event, error) {
	var quick T
	if readPlain(data, P(&quick)) {
		return P(&quick).event()
	}
	var stored T
	if err := unmarshal([]byte(data), &stored); err != nil {
		return nil, err
	}
	return P(&stored).event()
}

// unmarshal hides the text that encoding/json puts into some of its errors.
func unmarshal(data []byte, into any) error {
	if err := json.Unmarshal(data, into); err != nil {
		return errors.New("the JSON does not fit")
	}
	return nil
}

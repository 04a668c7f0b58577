package codec_test

import (
	"errors"
	"fmt"

	"dossier/adapters/codec"
	"dossier/domain/kyc"
)

func Example() {
	name, data, err := codec.Encode(kyc.SessionReset{Cycle: 2, Cause: kyc.CauseReported})
	fmt.Println(name, string(data), err)

	event, err := codec.Decode(name, string(data))
	fmt.Printf("%T %v\n", event, err)

	_, err = codec.Decode("kyc.session_reset.v9", `{}`)
	fmt.Println(errors.Is(err, codec.ErrUnknownName))
	// Output:
	// kyc.session_reset.v1 {"cycle":2,"cause":"reported"} <nil>
	// kyc.SessionReset <nil>
	// true
}

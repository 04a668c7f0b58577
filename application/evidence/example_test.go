package evidence_test

import (
	"fmt"

	"dossier/adapters/codec"
	"dossier/application/evidence"
	"dossier/domain/kyc"
)

// An auditor needs the file and the log's verifier key, and nothing else.
func ExampleVerifier_Bundle() {
	v := evidence.Verifier{
		Key:     "dossier-012b785a+4637f868+AQEJ7YkrN1LJmQU3vwOeCmyX0dmsOo54dBEUFJbaBtBY",
		Machine: kyc.NewMachine(), Decode: codec.Decode,
	}
	_, err := v.Bundle([]byte(`{"format": "dossier-evidence/v2", "app": "default"}`))
	fmt.Println(err)
	// Output: it has another format: "dossier-evidence/v2", dossier-evidence/v1 is expected
}

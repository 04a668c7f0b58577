package evidence

import "dossier/application/translog"

// Restate signs a statement about a bundle, whatever it holds.
func Restate(b Bundle, key *translog.Key, size int64) ([]byte, error) {
	return key.Sign(statementOf(b, size).text())
}

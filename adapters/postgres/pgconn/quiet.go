package pgconn

import (
	"errors"

	"github.com/lib/pq"
)

// quiet takes out of a server's error what it quotes of the values that it was
// given: an error's text goes to logs, and the values are persons' data. In the
// message they stand for the class of data exceptions only; the parts beside it
// may quote them for any error. What is left names the condition, as appendix A
// of PostgreSQL's manual does, and table, column and constraint.
func quiet(err error) error {
	answer, ok := errors.AsType[*pq.Error](err)
	if !ok {
		return err
	}
	if answer.Code.Class() == "22" {
		answer.Message = answer.Code.Name()
	}
	answer.Detail, answer.Hint, answer.Where, answer.InternalQuery = "", "", "", ""
	return err
}

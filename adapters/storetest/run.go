package storetest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"
)

// patience bounds one case: what has not come by then never will. It is far
// more than a case takes, for the machine may be busy.
const patience = 3 * time.Minute

// ErrNotApplicable: the case asks for what the database does not offer.
var ErrNotApplicable = errors.New("does not apply to this database")

// Case is one promise.
type Case struct {
	Name string
	Run  func(ctx context.Context, env *Env) error
}

// Cases returns every case. The names are unique.
func Cases() []Case {
	return slices.Concat(
		orderCases(), contentionCases(), fleetCases(), wholeCases(), failureCases(), batchCases(),
		deliveryCases(), conflictCases(), pruneCases(),
		bytesCases(), timeCases(), idCases(), refusalCases(),
		cancelCases(), pressureCases(), immutableCases(), reopenCases(),
		readCases(), filterCases(), signalCases(),
		stepCases(), buildCases(), raceCases(), rowCases(), listCases(), foldCases(), statsCases(),
		treeCases(), tokenCases(), settingCases(), accessCases(),
		groupCases(), deferredCases(),
	)
}

// ReplicatedCases returns the cases that need a database of
// Backend.NewReplicated.
func ReplicatedCases() []Case { return replicatedCases() }

// Run runs every case as a subtest over a database of its own.
func Run(t *testing.T, b Backend) {
	run(t, Cases(), b, b.New)
	if b.NewReplicated != nil {
		run(t, ReplicatedCases(), b, func(tb testing.TB) Database { return b.NewReplicated(tb) })
	}
}

func run(t *testing.T, cases []Case, b Backend, database func(testing.TB) Database) {
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			err := Check(ctx, c, b, database(t))
			switch {
			case errors.Is(err, ErrNotApplicable):
				t.Skip(err)
			case err != nil:
				t.Error(err)
			}
		})
	}
}

// Check runs a case over an empty database and returns what it found, leaked
// goroutines included. The end of ctx bounds it.
func Check(ctx context.Context, c Case, b Backend, db Database) error {
	env := newEnv(b, db)
	err := c.Run(ctx, env)
	return errors.Join(err, env.close(ctx))
}

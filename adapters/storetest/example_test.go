package storetest_test

import (
	"fmt"
	"testing"

	"dossier/adapters/storetest"
)

// Every store has a test like this one, of a store in memory.
func Example() {
	_ = func(t *testing.T) {
		storetest.Run(t, storetest.Backend{
			New:              func(testing.TB) storetest.Database { return newMemory(none) },
			Wakes:            true,
			Attacks:          []string{"DELETE"},
			AccessAttacks:    []string{"FORGET"},
			RefuseDeliveries: []string{"REFUSE"},
			AcceptDeliveries: []string{"ACCEPT"},
		})
	}

	// What the first of its cases promise:
	for _, c := range storetest.Cases()[:3] {
		fmt.Println(c.Name)
	}
	// Output:
	// an empty log has nothing
	// a reader misses nothing while an append is frozen
	// a reader sees nothing of an append before its commit
}

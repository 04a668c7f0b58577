package fault_test

import (
	"iter"
	"reflect"
	"testing"

	"dossier/torture/fault"
)

func kinds() []fault.Kind {
	return []fault.Kind{fault.ServerKilled, fault.ServerFrozen, fault.DiskFull, fault.StreamCut, fault.RebuildKilled}
}

func first(n int, rounds iter.Seq[fault.Round]) (all []fault.Round) {
	for r := range rounds {
		all = append(all, r)
		if len(all) == n {
			break
		}
	}
	return all
}

func TestAScheduleFollowsFromItsSeed(t *testing.T) {
	a := first(300, fault.Schedule(7, kinds(), 3))
	if !reflect.DeepEqual(a, first(300, fault.Schedule(7, kinds(), 3))) {
		t.Error("two schedules of one seed differ")
	}
	if reflect.DeepEqual(a, first(300, fault.Schedule(8, kinds(), 3))) {
		t.Error("two seeds have one schedule")
	}
}

func TestEachKindComesAloneAndInPairs(t *testing.T) {
	alone, paired := map[fault.Kind]int{}, map[fault.Kind]int{}
	for _, r := range first(300, fault.Schedule(7, kinds(), 3)) {
		if len(r.Faults) == 2 && r.Faults[0].Kind == r.Faults[1].Kind {
			t.Errorf("round %d has %s twice", r.Number, r.Faults[0].Kind)
		}
		for _, p := range r.Faults {
			if p.Victim < 0 || p.Victim > 2 || p.Hold < 0 {
				t.Errorf("round %d: %+v", r.Number, p)
			}
			if len(r.Faults) == 2 {
				paired[p.Kind]++
			} else {
				alone[p.Kind]++
			}
		}
	}
	for _, kind := range kinds() {
		if alone[kind] < 20 || paired[kind] < 10 {
			t.Errorf("%s: %d times alone, %d times in a pair", kind, alone[kind], paired[kind])
		}
	}
}

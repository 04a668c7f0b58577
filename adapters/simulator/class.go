package simulator

// Class says what a delivery is: part of a session's life as it should be, or
// one of the faults of real traffic.
type Class struct{ name string }

// The classes of a delivery.
var (
	Normal    = Class{"normal"}    // in its place, for the first time
	Duplicate = Class{"duplicate"} // a delivery once more: same id, same bytes, a higher attempt
	Late      = Class{"late"}      // a PENDING_VERIFICATION after its result, a higher attempt
	Reordered = Class{"reordered"} // overtaken by the next delivery of its session, first attempts both
	Forbidden = Class{"forbidden"} // a move that the state machine does not allow
	Unknown   = Class{"unknown"}   // a status that the provider does not document
)

// Classes returns every class.
func Classes() []Class {
	return []Class{Normal, Duplicate, Late, Reordered, Forbidden, Unknown}
}

// String returns the name, empty for the zero value.
func (c Class) String() string { return c.name }

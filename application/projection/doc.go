// Package projection folds the event log into read models: the runner, and one
// file per read model.
//
// A step of a projection reads a page of events after its checkpoint, folds
// them in memory, writes each touched row once and saves the checkpoint in the
// same transaction, so each event is counted exactly once. Any number of
// processes may run the same projection: the checkpoint's lock lets one step at
// a time pass.
package projection

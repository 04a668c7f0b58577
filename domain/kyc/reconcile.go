package kyc

// ReconciledBy is who resolved the flags that a snapshot settled.
const ReconciledBy = "dossier"

// Snapshot is what a provider's API shows of a session at one time.
type Snapshot = SnapshotObserved

// Reconcile decides a snapshot on the session as it stands: the observation, a
// change for each track that differs, and the resolution of the flags whose
// tracks it settles. The machine is not asked whether the changes are allowed:
// what the provider holds now is true, however it came to that. A status that we
// do not know, and a step without an id, settle nothing; of a step that is shown
// twice the first counts.
//
// A second answer in a row that the session is unknown is no news: no events are
// returned.
func (d Decider) Reconcile(s *Session, snapshot Snapshot) []Event {
	if snapshot.Unknown && s.state.Unknown {
		return nil
	}
	r := reconciliation{decider: d, session: s.Clone(), settled: map[StepID]bool{}}
	r.record(snapshot)
	if status, ok := ParseStatus(snapshot.Status); ok {
		r.settle("", "", status)
	}
	for _, step := range snapshot.Steps {
		status, ok := ParseStatus(step.Status)
		if ok && r.tracks(snapshot, step.StepID) && !r.settled[step.StepID] {
			r.settle(step.StepID, step.Service, status)
		}
	}
	r.resolve()
	return r.events
}

// reconciliation folds what it decides into a copy of the session, for one
// decision depends on those before it.
type reconciliation struct {
	decider Decider
	session *Session
	settled map[StepID]bool // the tracks of which the snapshot tells
	events  []Event
}

// tracks says whether a step of a snapshot is a track. Those of a company are
// none, unless a report told of one.
func (r *reconciliation) tracks(snapshot Snapshot, id StepID) bool {
	return id != "" && (!snapshot.Company || r.session.step(id) >= 0)
}

func (r *reconciliation) record(e Event) {
	state := r.session.state
	r.session.Apply(e, Mark{Position: state.Position + 1, Version: state.Version + 1, At: state.UpdatedAt})
	r.events = append(r.events, e)
}

// settle brings one track to where the provider has it.
func (r *reconciliation) settle(id StepID, service Service, to Status) {
	r.settled[id] = true
	track := r.session.track(id, service)
	if track.Status == to {
		return
	}
	if missedReset(track.Status, to) {
		r.reset(track)
		track = r.session.track(id, service)
	}
	if track.Status != to {
		r.record(StatusChanged{
			StepID: id, Service: track.Service, Trigger: Trigger(to), From: track.Status, To: to, Cause: CauseReconciled,
		})
	}
}

// missedReset says that only a reset, of which no webhook told, leads from a
// status to an earlier one. The API never shows a reset itself.
func missedReset(from, to Status) bool {
	switch from {
	case Rejected:
		return true // it is final
	case Approved:
		return to == SubmissionRequired || to == PendingVerification
	default:
		return false
	}
}

func (r *reconciliation) reset(track Track) {
	if track.StepID == "" {
		r.record(SessionReset{Cycle: r.session.state.Cycle + 1, Cause: CauseReconciled})
		return
	}
	r.record(StatusChanged{
		StepID: track.StepID, Service: track.Service, Trigger: ReportReset,
		From: track.Status, To: SubmissionRequired, Cause: CauseReconciled,
	})
}

// resolve closes the flags that hold back a status of a track which is settled.
// A delivery that contradicts another, and a broken contract, stay for a person:
// a snapshot says nothing of them.
func (r *reconciliation) resolve() {
	for _, flag := range r.session.State().Flags {
		switch flag.Violation {
		case Premature, AfterFinal, Regression:
			if r.settled[flag.StepID] {
				r.record(FlagResolved{StepID: flag.StepID, Flag: flag.Position, Resolution: ResolvedReconciled, By: ReconciledBy})
			}
		}
	}
}

// Package sqlstore is the one SQL implementation of the event log, of the heads
// and deliveries beside it, of the read models and of their checkpoints. A
// [Dialect] says where PostgreSQL and SQLite differ.
//
// It promises what package eventlog promises. It does not promise that a read
// model survives a crash to its last commit: its transactions do not wait for
// the disk, and what is lost is folded again from the log.
//
// # Tables
//
// Times are microseconds since 1970 UTC.
//
//	events       the log and the Watermill topic; append-only by triggers
//	  position 7 | event_id 0190163d-8694-739b-aea5-966c26f8ad91 | stream default/2ac3f7ab-… | version 2 |
//	  type kyc.status_changed.v1 | data {"step_id":"1253242",…} | metadata {"delivery_id":"evt_…",…} | recorded_at 1763907000000000
//
//	heads        where each stream stands: a cache, rebuilt from the log
//	  stream default/2ac3f7ab-… | version 2 | state {"v":2,"p":7,"cy":1,…}
//
//	deliveries   what was delivered, so that it is stored once; pruned after 90 days
//	  app default | delivery_id evt_… | sha256 … | position 7 | version 2 | last_position 7 | recorded_at …
//
//	checkpoints  how far each read model is, which version of it the tables hold, and which build made them
//	  name sessions | version 1-5f2c… | position 7 | build 0
//	  name sessions+next | version 1-a03b… | position 3 | build 1, in sessions_next and steps_next
//
//	sessions     read model: the folded state, and columns to search it by
//	steps        read model: one row for each step seen
//	flags        read model: one row for each flag, by its position in the log
//
//	stats        read model: counts by the hour (hours 1) and by the day (24), start in hours since 1970 UTC
//	  hours 1 | start 489973 | app default | metric status | service LIVENESS | label APPROVED | detail | count 12
//	stats_waiting  the tracks that wait for a decision, and since when; they belong to stats
//
//	log_cuts     what servers found out that the log has lost; append-only by triggers
//	access_log   who read or exported what; append-only by triggers, numbered by the database
//	  number 7 | recorded_at 1763907000000000 | actor ada | role auditor | via api | action get-session |
//	  app default | session_id 2ac3f7ab-… | detail version=3
//
//	consumer_groups  where each consumer of a topic stands, and who consumes for it
//	  topic events | name accounts | position 7 | moved_at … | holder 4f1c… | held_until 1763907015000000 | lease 15000000 | claims 5
//	  topic events | name relay/crm | position 7 | moved_at … | holder | held_until 0, of a relay that nobody runs
//	relay_deferred   what a receiver did not accept: due_at 0 is parked, attempts 0 waits behind another of its stream
//	  relay crm | position 5 | stream default/2ac3f7ab-… | attempts 2 | due_at … | deferred_at … | reason answered 500
//
//	tokens       API tokens made at run time, as SHA-256
//	settings     what an installation made for itself: webhook_secret, session_ref_key;
//	               and readiness_probe, which is written to see whether the disk takes it
package sqlstore

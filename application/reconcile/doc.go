// Package reconcile settles what webhooks leave open, by what the provider's API
// shows.
package reconcile

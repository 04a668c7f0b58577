package config

// Flags are all settings. A command embeds them, or those groups of them that
// it needs, and is given to [Load] when it runs.
//
// Of each field, the tags say all that there is to know: the flag's name, from
// which the variable's follows; `help`, its meaning; `preset`, its default, or
// `otherwise`, what happens without it; `list`, that it holds several entries;
// `switch`, that it is on if it is given without a value; `secret`, that a command line is no place for it; `guard`, that an empty
// variable is worth a warning, for leaving the setting out opens something.
type Flags struct {
	DatabaseFlags
	ListenFlags
	SecretFlags
	RuleFlags
	LogFlags
	RelayFlags
	SealFlags
	DownstreamFlags
	SynapsFlags
}

// DatabaseFlags name the database.
type DatabaseFlags struct {
	DatabaseURL Setting `name:"database-url" placeholder:"URL" preset:"sqlite:dossier.db" secret:"" help:"Where the log and the read models are kept: sqlite:PATH or postgres://user:password@host/name."`
}

// ListenFlags say where to serve.
type ListenFlags struct {
	Listen Setting `name:"listen" placeholder:"HOST:PORT" preset:"127.0.0.1:8080" help:"Address to serve on. Port 0 takes a free one, an empty host takes every interface."`
}

// SecretFlags say who is let in.
type SecretFlags struct {
	WebhookSecrets Setting `name:"webhook-secrets" placeholder:"APP=SECRET,..." list:"" secret:"" guard:"" otherwise:"none: a secret for the app default is made, stored beside the database, and the complete webhook URL is printed at start" help:"Secret that the webhooks of each app carry. Several for one app are all valid, for rotation."`
	APITokens      Setting `name:"api-tokens" placeholder:"ROLE:TOKEN,..." list:"" secret:"" guard:"" otherwise:"none: an admin token is made, stored hashed, and printed once at first start" help:"Bearer tokens of the API, each with its role: reader, reviewer, auditor or admin."`
}

// RuleFlags say how sessions are judged.
type RuleFlags struct {
	RequiredServices Setting `name:"required-services" placeholder:"APP=SERVICE+SERVICE,..." list:"" otherwise:"none: approved steps never approve their session" help:"Services that each need an approved step before approved steps approve their session, for example default=LIVENESS+ID_DOCUMENT."`
	AppKinds         Setting `name:"app-kinds" placeholder:"APP=KIND,..." list:"" otherwise:"none: inferred for each session" help:"Kind of all sessions of an app: individual or corporate."`
	HealWindow       Setting `name:"heal-window" placeholder:"DURATION" preset:"30s" help:"How long after a premature status its PENDING_VERIFICATION may arrive and still heal it. 0s heals provably late deliveries only."`
}

// LogFlags say what is logged, and how.
type LogFlags struct {
	LogLevel  Setting `name:"log-level" placeholder:"LEVEL" preset:"info" help:"Least level that is logged: debug, info, warn or error."`
	LogFormat Setting `name:"log-format" placeholder:"FORMAT" otherwise:"text on a terminal, else json" help:"Form of the log: text or json."`
}

// RelayFlags say what is expected of the relay that delivers the webhooks.
type RelayFlags struct {
	RelayHeaderPrefix   Setting `name:"relay-header-prefix" placeholder:"PREFIX" preset:"x-hookdeck" help:"Prefix of the headers that the webhook relay adds, without the dash after it."`
	RelaySigningSecrets Setting `name:"relay-signing-secrets" placeholder:"SECRET,..." list:"" secret:"" guard:"" otherwise:"none: signatures are not checked" help:"Secrets of the webhook relay. If set, a signature header must match the body under one of them."`
	WebhookAllowIPs     Setting `name:"webhook-allow-ips" placeholder:"CIDR,..." list:"" guard:"" otherwise:"none: any" help:"Addresses and networks that may send webhooks."`
	TrustedProxies      Setting `name:"trusted-proxies" placeholder:"CIDR,..." list:"" guard:"" otherwise:"none: the peer of the connection is the sender" help:"Addresses and networks of the proxies whose word on a sender's address is taken."`
}

// SealFlags say what the transparency log is signed with.
type SealFlags struct {
	LogKeyFile Setting `name:"log-key-file" placeholder:"PATH" otherwise:"the SQLite file with .log-key at its end; for PostgreSQL dossier-NAME.log-key in the working directory" help:"File of the key that signs the transparency log. It is made at the first start. Servers that share a database share the key, or only one of them has it."`
}

// DownstreamFlags say where the log is relayed to, and what of it. Their aliases
// are for a command that does nothing else.
type DownstreamFlags struct {
	Relay             Setting `name:"relay" aliases:"to" placeholder:"URL" secret:"" otherwise:"none: nothing is relayed" help:"Broker or receiver that gets the events: nats://HOST/SUBJECT, kafka://HOST/TOPIC, redis://HOST/STREAM or https://HOST/PATH."`
	RelayName         Setting `name:"relay-name" aliases:"name" placeholder:"NAME" otherwise:"made from the URL's scheme, host and path" help:"Name under which the relay keeps its place in the log."`
	RelayApp          Setting `name:"relay-app" aliases:"app" placeholder:"APP" otherwise:"all" help:"App whose events are relayed."`
	RelayTypes        Setting `name:"relay-types" aliases:"type" placeholder:"TYPE,..." list:"" otherwise:"all" help:"Types of the events that are relayed."`
	RelayFrom         Setting `name:"relay-from" aliases:"from" placeholder:"WHERE" preset:"beginning" help:"Where a relay begins that has no place yet: beginning, end, or the position after which."`
	RelaySessionRef   Setting `name:"relay-session-ref" aliases:"session-ref" switch:"" placeholder:"BOOL" preset:"false" help:"Send the keyed reference of a session instead of its id, which opens the person's verification page."`
	RelayAllowPrivate Setting `name:"relay-allow-private" aliases:"allow-private" switch:"" placeholder:"BOOL" preset:"false" help:"Let a receiver be at a private address, and without TLS."`
	ReceiverSecrets   Setting `name:"receiver-secrets" placeholder:"SECRET,..." list:"" secret:"" otherwise:"none: one is made, stored beside the database, and printed at start" help:"Secrets that sign what a receiver gets (Standard Webhooks, whsec_...). All of them sign, for rotation."`
	ReceiverWaits     Setting `name:"receiver-waits" placeholder:"DURATION,..." list:"" preset:"10s,25s,1m,2m30s,6m15s,15m,35m" help:"How long a receiver that did not accept a message is waited for, before its second attempt, its third and so on. After the last it is parked."`
}

// SynapsFlags say how the provider's API is asked.
type SynapsFlags struct {
	SynapsAPIKeys           Setting `name:"synaps-api-keys" placeholder:"APP=KEY,..." list:"" secret:"" otherwise:"none: nothing is reconciled, and no details can be looked at" help:"Key of Synaps' API for each app."`
	SynapsBaseURL           Setting `name:"synaps-base-url" placeholder:"URL" preset:"https://api.synaps.io/v4" help:"Where Synaps' API is."`
	SynapsRequestsPerMinute Setting `name:"synaps-requests-per-minute" placeholder:"NUMBER" preset:"500" help:"How many requests this process makes at most. Servers that share an address share Synaps' limit, which is 500."`
	ProviderLag             Setting `name:"provider-lag" placeholder:"DURATION" preset:"2m" help:"How far Synaps' API may lag behind its webhooks. An answer that contradicts a webhook younger than this is recorded and asked for again, not applied. 0s believes every answer."`
	ReconcileAfter          Setting `name:"reconcile-after" placeholder:"DURATION" preset:"24h" help:"How long a session may stay unsettled until Synaps is asked for it. 0 never asks by itself."`
}

package config

import (
	"reflect"

	"dossier/domain/kyc"
)

// Load returns the configuration of a command: a pointer to its struct, which
// embeds [Flags] or groups of them and was filled by kong. Only the settings of
// those are read; every other has its default, so that a command does not fail
// because of a setting that it has no use for.
//
// The error is [Faults], all that were found. The Config then holds no more
// than the warnings and how to log them.
func Load(flags any, env Environment) (Config, error) {
	l := newLoader(flags, env)
	c := l.config()
	c.Warnings = append(l.warnings, unknownVariables(env)...)
	if len(l.faults) > 0 {
		return Config{Log: c.Log, Warnings: c.Warnings}, l.faults
	}
	return c, nil
}

// loader reads the settings of one command, and collects what there is to say.
type loader struct {
	sources  map[string]source // of every setting, by name
	faults   Faults
	warnings []string
}

// source is where one setting is read from.
type source struct {
	given
	env Environment // empty for a setting that the command does not have
}

func newLoader(flags any, env Environment) *loader {
	l := &loader{sources: map[string]source{}}
	for _, s := range known() {
		l.sources[s.name] = source{given: given{spec: s}}
	}
	for _, s := range settingsIn(reflect.ValueOf(flags)) {
		l.sources[s.name] = source{s, env}
	}
	return l
}

// load reads one setting. Without a value it is the zero value.
func load[T any](l *loader, name string, parse func(value, *notes) T) (result T) {
	s := l.sources[name]
	n := &notes{spec: s.spec}
	if v, ok := s.env.resolve(s.given, n); ok {
		result = parse(v, n)
	}
	l.faults = append(l.faults, n.all()...)
	l.warnings = append(l.warnings, n.warnings...)
	return result
}

// config reads the settings in the order of the table, which is that of the
// report, too.
func (l *loader) config() Config {
	c := Config{
		Database: load(l, "database-url", parseDatabase),
		Listen:   load(l, "listen", parseListen),
		Secrets:  load(l, "webhook-secrets", parseWebhookSecrets),
		Tokens:   load(l, "api-tokens", parseTokens(l.sources["api-tokens"].env.Now)),
	}
	c.Rules = l.rules(c.Secrets)
	c.Log = l.log()
	c.Relay = Relay{
		HeaderPrefix:   load(l, "relay-header-prefix", parseHeaderPrefix),
		SigningSecrets: load(l, "relay-signing-secrets", parseSigningSecrets),
	}
	c.AllowIPs = load(l, "webhook-allow-ips", parsePrefixes)
	c.TrustedProxies = load(l, "trusted-proxies", parsePrefixes)
	c.LogKeyFile = load(l, "log-key-file", parsePath)
	c.Downstream = l.downstream()
	c.Synaps = l.synaps(c.Secrets)
	return c
}

func (l *loader) rules(secrets map[kyc.App][]Secret) kyc.RuleBook {
	required := load(l, "required-services", parseRequired(secrets))
	kinds := load(l, "app-kinds", parseKinds(secrets))
	return ruleBook(load(l, "heal-window", parseHealWindow), secrets, kinds, required)
}

func (l *loader) log() Log {
	log := Log{Level: load(l, "log-level", parseLogLevel), Format: load(l, "log-format", parseLogFormat)}
	if log.Format == (LogFormat{}) {
		log.Format = formatFor(l.sources["log-format"].env.Terminal)
	}
	return log
}

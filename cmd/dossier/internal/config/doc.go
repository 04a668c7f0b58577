// Package config reads the configuration of the binary: from flags, from
// environment variables of the same names, and from files that such variables
// name.
//
// A flag --database-url goes before the variable DOSSIER_DATABASE_URL, and that
// before the default. DOSSIER_DATABASE_URL_FILE names a file that holds the
// value instead, which is how containers are given secrets; naming a file and
// giving the value besides is a fault, for nobody could tell which was meant.
// An empty variable counts as not set.
//
// The package promises three things. [Load] reports all faults at once, each
// with its variable and its flag. What it reports never repeats a value or a
// part of one, whatever the setting: a secret may have been put where an
// address belongs. And nothing that holds a secret prints it, by any verb of
// fmt, by log/slog or as JSON.
//
// It opens no database and listens nowhere: that a value is well formed is all
// it can say.
package config

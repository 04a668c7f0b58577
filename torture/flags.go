package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"dossier/torture/drill"
	"dossier/torture/fault"
	"dossier/torture/world"
)

// flags are what a run was asked for.
type flags struct {
	databases []string
	program   string
	seed      uint64
	duration  time.Duration
	faults    int
	kinds     []fault.Kind
	servers   int
	clients   int
	rate      float64
	folder    string
	clock     bool
	keep      bool
	verbose   bool
	only      string
}

func parse(args []string) (flags, error) {
	var f flags
	var databases, kinds string
	set := flag.NewFlagSet("torture", flag.ContinueOnError)
	set.StringVar(&databases, "database", "sqlite,postgres", "what to torture, comma separated: sqlite, postgres, standby (synchronous), async (one that loses commits)")
	set.StringVar(&f.program, "dossier", "bin/dossier", "the binary")
	set.Uint64Var(&f.seed, "seed", 1, "what is sent, and which faults come when")
	set.DurationVar(&f.duration, "duration", 0, "of the faults on each database, at most; 0: no limit")
	set.IntVar(&f.faults, "faults", 50, "on each database, at most")
	set.StringVar(&kinds, "kinds", "", "only these kinds of faults, comma separated")
	set.IntVar(&f.servers, "servers", 2, "on each database")
	set.IntVar(&f.clients, "clients", 12, "that send webhooks")
	set.Float64Var(&f.rate, "rate", 100, "new webhooks a second")
	set.StringVar(&f.folder, "folder", "", "where the runs are kept while they last, and when they fail; default: a temporary one")
	set.BoolVar(&f.clock, "clock", false, "step the servers' clocks, too: builds a binary for that from the tree here, in some minutes the first time")
	set.BoolVar(&f.keep, "keep", false, "keep the folders of runs that held, too")
	set.StringVar(&f.only, "mutant", "", "of the mutants only those whose name has this text")
	set.BoolVar(&f.verbose, "v", false, "tell of each fault as it happens")
	if err := set.Parse(args); err != nil {
		return f, err
	}
	f.databases = strings.Split(databases, ",")
	for _, name := range f.databases {
		if databaseOf(name) == nil {
			return f, fmt.Errorf("-database: %q is none of sqlite, postgres, standby, async", name)
		}
	}
	for _, kind := range strings.FieldsFunc(kinds, func(r rune) bool { return r == ',' }) {
		f.kinds = append(f.kinds, fault.Kind(kind))
	}
	var err error
	if f.program, err = filepath.Abs(f.program); err != nil {
		return f, err
	}
	if f.folder == "" {
		f.folder, err = os.MkdirTemp("/tmp", "dossier-torture-*")
	}
	if err == nil {
		err = world.MakeFolder(f.folder)
	}
	return f, err
}

// databaseOf returns a database by its name; nil if there is none.
func databaseOf(name string) world.Database {
	switch name {
	case "sqlite":
		return &world.SQLite{}
	case "postgres":
		return &world.Postgres{}
	case "standby":
		return &world.Postgres{Standbys: 1}
	case "async":
		return &world.Postgres{Standbys: 1, Async: true}
	default:
		return nil
	}
}

func (f flags) config(name string) drill.Config {
	return drill.Config{
		Name: name, Seed: f.seed, Database: databaseOf(name), Program: f.program, Clock: f.clock, Servers: f.servers,
		Clients: f.clients, Rate: f.rate, Faults: f.faults, Duration: f.duration, Kinds: f.kinds,
		Folder: filepath.Join(f.folder, name), Out: os.Stdout, Verbose: f.verbose,
	}
}

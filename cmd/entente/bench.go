package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"entente.example/entente/cmd/entente/bench"
	"entente.example/entente/cmd/entente/bench/seed"
	"entente.example/entente/federation"
)

// benchCommand is "entente bench".
func (p *program) benchCommand() *cobra.Command {
	o := bench.Options{Out: p.out, Progress: p.errs}
	cmd := p.command("bench", "Measure what this machine can do",
		`Measures the program on this machine. Each scenario starts it as it is really run,
with a database of its own in a temporary folder, is all the other servers and all the
clients itself, and says what came of it beside what it should be:

`+scenarioList()+`  all           all of them

Everything stays on this machine, on the loopback interface, and is bounded in number
and time. Rates depend on what else the machine does: look at what one post or delivery
costs in time of the processor, and at the ratio to the signatures per second.`,
		`  # how fast do posts come in and go out?
  entente bench inbox fan

  # 5,000 hosts; hosts that are slow to answer; Entente partners
  entente bench fan --hosts 5000
  entente bench fan --delay 500ms
  entente bench fan --partners

  # for a machine
  entente bench all --json > bench.json`)
	cmd.Use, cmd.Args = "bench SCENARIO...", checkScenarios
	cmd.RunE = func(cmd *cobra.Command, names []string) (err error) {
		if o.Program, err = os.Executable(); err != nil {
			return err
		}
		o.Environ = withoutSettings(p.env)
		return bench.Run(cmd.Context(), o, chosen(names)...)
	}
	full := addSizes(cmd.Flags(), &o)
	cmd.PreRun = func(*cobra.Command, []string) {
		if *full {
			o.Seed = seed.Full()
		}
	}
	cmd.AddCommand(p.seedCommand())
	return cmd
}

// addSizes are the flags of bench.
func addSizes(f *pflag.FlagSet, o *bench.Options) (full *bool) {
	f.StringVar(&o.Database, "database-url", "", "timeline, inbox, ingest-full: a database on this machine that 'bench seed' has filled, with --full if it is that large (default: a new one)")
	f.BoolVar(&o.JSON, "json", false, "write the report as JSON")
	f.StringVar(&o.Folder, "data", "", "folder for the temporary data (default: that of the system)")
	f.IntVar(&o.Posts, "posts", 0, "posts to send, people to follow (default 5000 inbox, 1500 follow, 40 fair and backlog)")
	f.IntVar(&o.Hosts, "hosts", 0, "other servers (default 20 inbox, 1000 fan, 30000 fan-wide, 50 follow, 100 fair, 10000 gone backlog)")
	f.IntVar(&o.AtOnce, "at-once", 0, "requests at once (default 64; 4 for timeline)")
	f.IntVar(&o.Rounds, "rounds", 0, "repetitions, of which the median counts (default 3 fan, 5 post and start)")
	f.IntVar(&o.Fans, "fans", 0, "post: local followers (default 100000)")
	f.IntVar(&o.Reads, "reads", 0, "timeline: pages to read (default 2000)")
	full = f.Bool("full", false, "timeline, ingest-full: 450,000 accounts and 10,000,000 posts; takes many minutes and 20 GB")
	f.BoolVar(&o.Partners, "partners", false, "fan: the other servers are Entente, too")
	f.DurationVar(&o.Delay, "delay", 0, "fan: until a host answers; idle: until its memory is looked at")
	f.DurationVar(&o.Limit, "time-limit", 0, "for each scenario (default 10m, an hour with --full)")
	return full
}

// seedCommand is "entente bench seed".
func (p *program) seedCommand() *cobra.Command {
	cmd := p.command("seed", "Fill an empty database with people and posts",
		`Writes a generated data set into a new database of this instance: people of ours
and of other companies, groups, follows, posts with answers, likes and boosts, and
what everybody has at home. The same numbers always give the same data. A database
that is not empty, or not on this machine, is refused. The first of our people, m0,
follows 500 people and is in 50 groups; where there are partners m0 owns them, and g0 is
the largest.`,
		`  # a database to try things on
  createdb big
  export ENTENTE_HOST=acme.example ENTENTE_DATABASE_URL=postgres:///big?host=/var/run/postgresql
  entente bench seed --accounts 450000 --members 1000 --posts 10000000 --follows 200 --partners 0
  entente serve

  # a company of 100,000 with a group of 20,000 people of 37 companies, and a million posts
  entente bench seed --members 100000 --groups 1000 --posts 1000000`)
	s := seed.Small()
	s.Accounts, s.Follows = 0, 0
	f := cmd.Flags()
	f.IntVar(&s.Accounts, "accounts", 0, "people and groups in all (default: 20,000 people more than are ours)")
	f.IntVar(&s.Members, "members", s.Members, "of which ours")
	f.IntVar(&s.Groups, "groups", s.Groups, "of which groups, which live here")
	f.IntVar(&s.Posts, "posts", s.Posts, "posts by all of them")
	f.IntVar(&s.Follows, "follows", 0, "people whom each of ours follows (default 100, and a million in all)")
	f.IntVar(&s.Partners, "partners", 36, "companies that the others are of, and share groups with; 0: groups are ours alone")
	f.IntVar(&s.Largest, "largest-group", 0, "people in the largest group (default: a fifth of the members)")
	addSettings(f)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := p.settle(cmd)
		if err != nil {
			return err
		}
		if c.DatabaseURL == "" {
			return wrong(errors.New("ENTENTE_DATABASE_URL: say which database to fill"))
		}
		return seed.Fill(cmd.Context(), c.DatabaseURL, federation.House{Host: c.Host, URL: c.URL}, s.Usual(), p.errs)
	}
	return cmd
}

// scenarioList is one line for each.
func scenarioList() string {
	var b strings.Builder
	for _, s := range bench.Scenarios() {
		fmt.Fprintf(&b, "  %-13s %s\n", s.Name, s.Says)
	}
	return b.String()
}

func checkScenarios(_ *cobra.Command, names []string) error {
	if len(names) == 0 {
		return fmt.Errorf("say what to measure, as in 'entente bench inbox', or 'entente bench all'")
	}
	known := map[string]bool{"all": true}
	for _, s := range bench.Scenarios() {
		known[s.Name] = true
	}
	for _, name := range names {
		if !known[name] {
			return fmt.Errorf("there is no scenario %q", name)
		}
	}
	return nil
}

func chosen(names []string) []string {
	var all []string
	for _, name := range names {
		if name != "all" {
			all = append(all, name)
			continue
		}
		for _, s := range bench.Scenarios() {
			all = append(all, s.Name)
		}
	}
	return all
}

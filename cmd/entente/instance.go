package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/spf13/cobra"

	"entente.example/entente/activity"
	"entente.example/entente/federation"
	"entente.example/entente/federation/policy"
	"entente.example/entente/federation/remote"
	"entente.example/entente/store"
	"entente.example/entente/store/postgres"
)

// instance is what the sub-commands work on: the settings, the database, and
// the engine over it.
type instance struct {
	Config
	log     *slog.Logger
	db      *store.Store
	private *postgres.Server // nil: the database is somewhere else
	service *federation.Service
	client  *remote.Client // for everything outbound
}

// databaseName is the one database in a private Postgres.
const databaseName = "entente"

// settle reads the settings of a sub-command; wrong ones are misuse.
func (p *program) settle(cmd *cobra.Command) (Config, error) {
	c, _, err := ReadConfig(p.env, cmd.Flags())
	if err != nil {
		return c, wrong(err)
	}
	return c, nil
}

// operator is who decides where somebody runs a command.
const operator = "operator"

// on runs fn on the instance of cmd's settings, and closes it afterwards.
func (p *program) on(cmd *cobra.Command, fn func(context.Context, *instance) error) error {
	c, err := p.settle(cmd)
	if err != nil {
		return err
	}
	return withInstance(store.By(cmd.Context(), operator), c, newLog(p.errs, c, slog.LevelWarn), func(ctx context.Context, i *instance) error {
		if err := fn(ctx, i); err != nil {
			return err
		}
		return i.guard(ctx) // what was decided is kept twice at once
	})
}

// withInstance opens an instance that serves, or could serve, and runs fn on it.
// The schema is left as it is, but made where there is none.
func withInstance(ctx context.Context, c Config, log *slog.Logger, fn func(context.Context, *instance) error) (err error) {
	i, err := openDatabase(ctx, c, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, i.close()) }()
	if err := i.check(ctx); err != nil {
		return err
	}
	if err := i.start(ctx); err != nil {
		return err
	}
	return fn(ctx, i)
}

// newLog logs on w from the level in the settings on, or from least on if that
// is higher: commands that answer at once have no news to tell.
func newLog(w io.Writer, c Config, least slog.Level) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.LogLevel)) // checked by ReadConfig
	o := &slog.HandlerOptions{Level: max(level, least)}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

// openDatabase makes sure of the data folder and the database, and looks no
// further: see check, migrate and start. A private Postgres that runs already,
// for "entente serve" on the same folder, is shared.
func openDatabase(ctx context.Context, c Config, log *slog.Logger) (*instance, error) {
	if err := makeFolder(c.Data); err != nil {
		return nil, err
	}
	i := &instance{Config: c, log: log}
	address := c.DatabaseURL
	if address == "" {
		var err error
		if address, err = i.startPostgres(ctx); err != nil {
			return nil, errors.Join(err, i.close())
		}
	}
	db, err := store.Open(address)
	if err != nil {
		return nil, errors.Join(err, i.close())
	}
	i.db = db
	ctx, done := context.WithTimeout(ctx, 10*time.Second)
	defer done()
	if err := db.Ping(ctx); err != nil {
		return nil, errors.Join(unreachable(c, err), i.close())
	}
	return i, nil
}

func (i *instance) startPostgres(ctx context.Context) (address string, err error) {
	i.private, err = postgres.Start(ctx, postgres.Options{Dir: filepath.Join(i.Data, "postgres")})
	if err != nil {
		return "", err
	}
	return i.private.DSN(databaseName), i.private.Create(ctx, databaseName)
}

func unreachable(c Config, err error) error {
	cause := strings.Join(strings.Fields(err.Error()), " ")
	if c.DatabaseURL == "" {
		return fmt.Errorf("the private database in %s does not answer: %s", c.Data, cause)
	}
	return fmt.Errorf("the database of ENTENTE_DATABASE_URL cannot be reached: %s", cause)
}

// makeFolder makes a folder that only we may enter, unless it is there, and
// sees whether it can be written to.
func makeFolder(path string) error {
	err := os.MkdirAll(path, 0o700)
	if err == nil {
		var probe *os.File
		if probe, err = os.CreateTemp(path, ".probe-*"); err == nil {
			err = errors.Join(probe.Close(), os.Remove(probe.Name()))
		}
	}
	if err != nil {
		cause := err
		if p, ok := errors.AsType[*fs.PathError](err); ok {
			cause = p.Err
		}
		return fmt.Errorf("the data folder %s cannot be written to (%w): choose another with ENTENTE_DATA", path, cause)
	}
	return nil
}

// pending lists the steps that the schema lacks; all of them when the database
// is new.
func (i *instance) pending(ctx context.Context) (steps []string, isNew bool, err error) {
	steps, err = i.db.Pending(ctx)
	const undefinedTable = "42P01"
	if e, ok := errors.AsType[*pgconn.PgError](err); !ok || e.Code != undefinedTable {
		return steps, false, err
	}
	files, err := fs.Glob(store.Migrations, "migrations/*.up.sql")
	for _, f := range files {
		name, _, _ := strings.Cut(filepath.Base(f), ".")
		steps = append(steps, name)
	}
	return steps, true, err
}

// check says whether the schema fits this program; a new database gets it.
func (i *instance) check(ctx context.Context) error {
	steps, isNew, err := i.pending(ctx)
	switch {
	case err != nil:
		return err
	case isNew:
		_, err = i.db.Migrate(ctx)
		return err
	case len(steps) > 0:
		return fmt.Errorf("the database lacks what this version needs (%s): run 'entente migrate' first", strings.Join(steps, ", "))
	}
	return nil
}

// prepare brings the schema up to date and makes the engine.
func (i *instance) prepare(ctx context.Context) error {
	steps, err := i.db.Migrate(ctx)
	if err != nil {
		return err
	}
	if len(steps) > 0 {
		i.log.InfoContext(ctx, "the database is up to date now", "steps", strings.Join(steps, ", "))
	}
	return i.start(ctx)
}

// start makes the engine, on a database whose schema is right.
func (i *instance) start(ctx context.Context) error {
	own := []string{i.Host}
	if host := activity.ID(i.URL).Host(); host != i.Host {
		own = append(own, host)
	}
	gate := policy.New(i.db, i.Federation == "open", own...)
	client := remote.New(remote.Options{
		InsecureHTTP: i.InsecureHTTP, PrivateNetworks: i.PrivateNetworks, Gate: gate.Fetching(),
		Dialects: remote.NewDialects(i.db, i.log), UserAgent: fmt.Sprintf("Entente/%s (+%s)", buildVersion().Number, i.URL),
	})
	i.client = client
	i.service = federation.New(federation.Options{
		House: federation.House{Host: i.Host, URL: i.URL},
		Store: i.db, Gate: gate, Client: client, Log: i.log, Folder: i.Data,
	})
	if err := i.service.Prepare(ctx); err != nil {
		return err
	}
	return i.guard(ctx)
}

// decide does what was decided, and writes it to the audit log.
func (i *instance) decide(ctx context.Context, d store.Decision, change func(*store.Tx) error) error {
	return i.db.InTx(ctx, func(tx *store.Tx) error {
		tx.Audit(ctx, d)
		return change(tx)
	})
}

// close ends the connections, then the private Postgres if we started it.
func (i *instance) close() error {
	var errs []error
	if i.db != nil {
		errs = append(errs, i.db.Close())
	}
	if i.private != nil {
		errs = append(errs, i.private.Stop())
	}
	return errors.Join(errs...)
}

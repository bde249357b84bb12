package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// job is what it takes to run one server.
type job struct {
	folder
	at   address
	bin  string   // the folder of the server programs
	as   *account // nil: as ourselves
	fast bool
}

// serve makes the database if needed, starts the server and waits until it
// accepts connections. The caller holds the lock.
func (f folder) serve(ctx context.Context, o Options, in places) (address, *child, error) {
	bin, err := in.find(f.major())
	if err != nil {
		return address{}, nil, err
	}
	as, err := f.account()
	if err != nil {
		return address{}, nil, err
	}
	j := job{f, f.address(), bin, as, o.Fast}
	if err := as.makeFolder(j.at.socket); err != nil {
		return address{}, nil, err
	}
	if f.major() == 0 {
		if err := j.create(ctx); err != nil {
			return address{}, nil, err
		}
	}
	c, err := j.start(ctx)
	return j.at, c, err
}

// create makes the database: in a folder of another name first, so that an
// interrupted attempt is never taken for a database.
func (j job) create(ctx context.Context) error {
	half := j.cluster() + ".new"
	if err := os.RemoveAll(half); err != nil {
		return err
	}
	if err := j.as.makeFolder(half); err != nil {
		return err
	}
	err := j.initdb(ctx, half, "C.UTF-8") // the same order of words on every machine
	if err != nil && ctx.Err() == nil {
		err = j.initdb(ctx, half, "C") // where the system has no C.UTF-8
	}
	if err != nil {
		return errors.Join(err, os.RemoveAll(half))
	}
	return os.Rename(half, j.cluster())
}

func (j job) initdb(ctx context.Context, dir, locale string) error {
	cmd := j.command(ctx, "initdb", "--pgdata="+dir, "--username="+superuser,
		"--encoding=UTF8", "--locale="+locale, "--auth-local=trust", "--auth-host=reject")
	if j.fast {
		cmd.Args = append(cmd.Args, "--no-sync")
	} else {
		cmd.Args = append(cmd.Args, "--data-checksums")
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	runtime.LockOSThread() // see launch
	defer runtime.UnlockOSThread()
	err := cmd.Run()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return j.explain("the database cannot be made", said(out.String(), "error: "), err)
	}
	return nil
}

// start runs the server until it accepts connections. After a server process was
// killed, others of its family may need a moment to notice: then it tries again.
func (j job) start(ctx context.Context) (*child, error) {
	for began := time.Now(); ; {
		c, err := j.launch()
		if err != nil {
			return nil, j.explain("the database server cannot be started", "", err)
		}
		if err = c.ready(ctx, j.at); err == nil {
			return c, nil
		}
		if stopped := c.stop(); ctx.Err() != nil || stopped != nil {
			return nil, errors.Join(err, stopped)
		}
		log, _ := os.ReadFile(j.log())
		const family = "pre-existing shared memory block"
		if !strings.Contains(string(log), family) || time.Since(began) > patience {
			return nil, j.explain("the database server cannot be started", said(string(log), "FATAL:  "), err)
		}
		if err := sleep(ctx); err != nil {
			return nil, err
		}
	}
}

func (j job) launch() (*child, error) {
	log, err := os.OpenFile(j.log(), os.O_CREATE|os.O_WRONLY|os.O_APPEND|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := j.command(context.Background(), "postgres", "-D", j.cluster())
	for _, setting := range j.settings() {
		cmd.Args = append(cmd.Args, "-c", setting)
	}
	cmd.Stdout, cmd.Stderr = log, log
	return launch(cmd)
}

// settings override the file postgresql.conf, which stays as initdb made it.
func (j job) settings() []string {
	all := []string{
		"listen_addresses=",
		`unix_socket_directories="` + strings.ReplaceAll(j.at.socket, `"`, `""`) + `"`,
		"unix_socket_permissions=0700", // whoever can open the socket can do everything
		fmt.Sprintf("port=%d", j.at.port),
		"shared_buffers=64MB",
		"jit=off", // our queries are short: compiling them would take longer
		"logging_collector=off",
		"max_connections=100",
	}
	if j.fast {
		all = append(all, "max_connections=200", "fsync=off", "synchronous_commit=off", "full_page_writes=off",
			"max_wal_size=128MB") // the folder may be in memory
	}
	return all
}

// command prepares a server program: in a process group of its own, so that an
// interrupt from the terminal reaches us and we stop it in good order, and with
// nothing of our environment, whose PG variables would change its ways.
func (j job) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(j.bin, name), args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // initdb cleans up
	cmd.WaitDelay = 5 * time.Second
	cmd.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"}
	cmd.Dir = "/" // where every user may be
	cmd.SysProcAttr = attributes(j.as, j.lends())
	return cmd
}

// lends says whether the server's user cannot come to its files by itself.
func (j job) lends() bool {
	return j.as != nil && !(j.as.enters(j.path) && j.as.enters(filepath.Dir(j.at.socket)))
}

// explain makes one sentence of what a server program said last and how it ended.
func (j job) explain(what, last string, err error) error {
	denied := errors.Is(err, fs.ErrPermission) || strings.Contains(last, "ermission denied")
	switch {
	case denied && j.lends():
		return fmt.Errorf("the server's user %s may not enter the folder %s, and we may not lend it the right to: choose a folder that every user may enter, or start as an ordinary user: %w", j.as.name, j.path, err)
	case last != "":
		return fmt.Errorf("%s: %s", what, last)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// said is the last thing behind mark in a program's output, else its last line.
func said(output, mark string) string {
	if i := strings.LastIndex(output, mark); i >= 0 {
		output, _, _ = strings.Cut(output[i+len(mark):], "\n")
	}
	lines := strings.Split(strings.TrimSpace(output), "\n")
	return lines[len(lines)-1]
}

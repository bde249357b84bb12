package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"entente.example/entente/activity"
	"entente.example/entente/store"
	"entente.example/entente/store/passwords"
)

// memberCommand is "entente member".
func (p *program) memberCommand() *cobra.Command {
	cmd := p.group("member", "Add, list, lock and unlock the people of this instance",
		`Manages the people of this instance. Works while it runs: changes count at once.`,
		`  entente member add alice --name "Alice Martin" --email alice@acme.example --admin
  entente member list`,
		p.memberAdd(), p.memberList(), p.memberLock(), p.memberUnlock(), p.memberDelete(), p.memberToken(), p.memberLink(), p.memberUnlink(), p.memberRotateKey())
	addSettings(cmd.PersistentFlags())
	return cmd
}

// newMember is somebody to add.
type newMember struct {
	Username, Name, Email, Password string
	Admin                           bool
}

func (p *program) memberAdd() *cobra.Command {
	cmd := p.command("add USERNAME", "Add somebody",
		`Adds somebody to this instance. Without --password-stdin a password is made up and
printed, once. A username has 1 to 30 of a-z, 0-9 and _, and can never change.`,
		`  entente member add alice --name "Alice Martin" --email alice@acme.example --admin

  # with a password of your own
  pass show alice | entente member add alice --email alice@acme.example --password-stdin`)
	cmd.Args = takes("USERNAME")
	var m newMember
	cmd.Flags().StringVar(&m.Name, "name", "", "name to show, the username when empty")
	cmd.Flags().StringVar(&m.Email, "email", "", "e-mail address, to sign in with (required)")
	cmd.Flags().BoolVar(&m.Admin, "admin", false, "may administer this instance")
	fromInput := cmd.Flags().Bool("password-stdin", false, "read the password from the first line of standard input")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		m.Username = args[0]
		if a, err := mail.ParseAddress(m.Email); err != nil || a.Address != m.Email {
			return wrong(errors.New("--email: an e-mail address is required, such as alice@acme.example"))
		}
		if err := m.choosePassword(p.in, *fromInput); err != nil {
			return err
		}
		return p.on(cmd, func(ctx context.Context, i *instance) error {
			if _, err := i.addMember(ctx, m); err != nil {
				return err
			}
			fmt.Fprintf(p.out, "%s@%s is a member now.\n", m.Username, i.Host)
			if !*fromInput {
				fmt.Fprintf(p.out, "Password, shown only this once: %s\n", m.Password)
			}
			return nil
		})
	}
	return cmd
}

// choosePassword reads the password, or makes one up: 100 bits.
func (m *newMember) choosePassword(in io.Reader, read bool) error {
	if !read {
		s := strings.ToLower(rand.Text())
		m.Password = s[:5] + "-" + s[5:10] + "-" + s[10:15] + "-" + s[15:20]
		return nil
	}
	line, err := bufio.NewReader(io.LimitReader(in, 4096)).ReadString('\n')
	if err != nil && err != io.EOF {
		return fmt.Errorf("the password cannot be read: %w", err)
	}
	m.Password = strings.TrimRight(line, "\r\n")
	return nil
}

// addMember adds somebody with a hashed password.
func (i *instance) addMember(ctx context.Context, m newMember) (store.Actor, error) {
	hash, err := passwords.Hash(m.Password)
	if err != nil {
		return store.Actor{}, err
	}
	return i.service.NewMember(ctx, store.Member{Email: m.Email, Password: hash, Admin: m.Admin}, m.Username, m.Name)
}

// memberLine is a member as "member list" shows one.
type memberLine struct {
	Username string    `json:"username"`
	Handle   string    `json:"handle"`
	Name     string    `json:"name"`
	Email    string    `json:"email"`
	Admin    bool      `json:"admin"`
	Locked   bool      `json:"locked"`
	Since    time.Time `json:"since"`
}

func (p *program) memberList() *cobra.Command {
	cmd := p.command("list", "List everybody", "Lists the people of this instance, the oldest members first.",
		`  entente member list
  entente member list --json | jq -r '.[].email'`)
	asJSON := cmd.Flags().Bool("json", false, "print JSON")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return p.on(cmd, func(ctx context.Context, i *instance) error {
			lines, err := i.memberLines(ctx)
			if err != nil {
				return err
			}
			if *asJSON {
				e := json.NewEncoder(p.out)
				e.SetIndent("", "  ")
				return e.Encode(lines)
			}
			var rows [][]string
			for _, l := range lines {
				rows = append(rows, []string{l.Username, l.Name, l.Email, yes(l.Admin), yes(l.Locked), moment(l.Since)})
			}
			return table(p.out, "There are no members yet.", []string{"USERNAME", "NAME", "E-MAIL", "ADMIN", "LOCKED", "SINCE"}, rows)
		})
	}
	return cmd
}

func (i *instance) memberLines(ctx context.Context) ([]memberLine, error) {
	members, err := i.db.Members(ctx)
	if err != nil {
		return nil, err
	}
	var keys []store.Key
	for _, m := range members {
		keys = append(keys, m.Actor)
	}
	actors, err := i.db.ActorsByKey(ctx, keys...)
	lines := []memberLine{}
	for _, m := range members {
		a := actors[m.Actor]
		lines = append(lines, memberLine{string(a.Username), i.service.Handle(a), a.DisplayName(), m.Email, m.Admin, m.Locked(), m.CreatedAt})
	}
	return lines, err
}

// member finds one of our people by "alice", "@alice" or "alice@our.host".
func (i *instance) member(ctx context.Context, name string) (store.Actor, store.Member, error) {
	username, host, _ := strings.Cut(strings.TrimPrefix(name, "@"), "@")
	var actor store.Actor
	var m store.Member
	err := activity.ErrNotFound()
	if host == "" || host == i.Host {
		actor, err = i.db.ActorByHandle(ctx, username, "")
	}
	if err == nil {
		m, err = i.db.Member(ctx, actor.Key)
	}
	if err != nil && activity.KindOf(err) == activity.NotFound {
		err = fmt.Errorf("there is no member %q here: see 'entente member list'", name)
	}
	return actor, m, err
}

// takes is the rule that a command has exactly these arguments.
func takes(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != len(names) {
			return fmt.Errorf("'%s' needs %s", cmd.CommandPath(), strings.Join(names, " and "))
		}
		return nil
	}
}
